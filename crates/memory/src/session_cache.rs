//! `SessionCache` in process, for tests: what several instances of one process share.

use crate::expiring::Expiring;
use async_trait::async_trait;
use chrono::TimeDelta;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::UserId;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{CachedSession, Clock, Place, SessionCache, Signal};
use evently_auth_domain::session::{LiveSession, Sid};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What is kept lives so long after its place was taken; so does the word that an account changed.
const LIFE: TimeDelta = TimeDelta::seconds(5);

/// Shared sessions under one lock; a clone is another handle on the same ones.
#[derive(Clone)]
pub struct MemorySessionCache {
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
}

struct State {
    slots: Expiring<Sid, Option<Slot>>,
    changed: Expiring<UserId, Option<Timestamp>>,
    places: u64,
    is_away: bool,
}

struct Slot {
    taken_at: Timestamp,
    token: String,
    kept: Option<LiveSession>,
}

impl MemorySessionCache {
    /// Nothing kept yet, on `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let state = State { slots: Expiring::new(), changed: Expiring::new(), places: 0, is_away: false };
        Self { clock, state: Arc::new(Mutex::new(state)) }
    }

    /// Loses everything.
    pub fn flush(&self) {
        let mut state = self.lock();
        state.slots = Expiring::new();
        state.changed = Expiring::new();
    }

    /// Lets every call fail, or no longer.
    pub fn set_away(&self, is_away: bool) {
        self.lock().is_away = is_away;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let state = self.lock();
        if state.is_away { Err(StoreError::unavailable("a test asked for this failure")) } else { Ok(state) }
    }
}

impl State {
    fn has_changed(&self, user: UserId, now: Timestamp) -> bool {
        self.changed.get(&user).is_some_and(|at| at.is_some_and(|at| now - at < LIFE))
    }
}

#[async_trait]
impl SessionCache for MemorySessionCache {
    async fn find(&self, sid: &Sid) -> Result<CachedSession, StoreError> {
        let (mut state, now) = (self.state()?, self.clock.now());
        let slot = state.slots.get(sid).and_then(Option::as_ref).filter(|slot| now - slot.taken_at < LIFE);
        if let Some(slot) = slot {
            let kept = slot.kept.as_ref().filter(|live| !state.has_changed(live.user.id, now));
            return Ok(kept.map_or(CachedSession::Unavailable, |live| CachedSession::Kept {
                live: live.clone(),
                age: (now - slot.taken_at).to_std().unwrap_or(Duration::ZERO),
            }));
        }
        state.places += 1;
        let token = state.places.to_string();
        let slot = Slot { taken_at: now, token: token.clone(), kept: None };
        *state.slots.keep(sid, now, now + LIFE) = Some(slot);
        Ok(CachedSession::Vacant(Place { sid: sid.clone(), token }))
    }

    async fn keep(&self, place: Place, loaded: &LiveSession) -> Result<(), StoreError> {
        let (mut state, now) = (self.state()?, self.clock.now());
        if state.has_changed(loaded.user.id, now) {
            return Ok(());
        }
        let slot = state.slots.get_mut(&place.sid).and_then(Option::as_mut);
        if let Some(slot) = slot.filter(|slot| slot.token == place.token && now - slot.taken_at < LIFE) {
            slot.kept = Some(loaded.clone());
        }
        Ok(())
    }

    async fn forget(&self, changed: &[Signal]) -> Result<(), StoreError> {
        let (mut state, now) = (self.state()?, self.clock.now());
        for signal in changed {
            match signal {
                Signal::SessionChanged(sid) => {
                    if let Some(slot) = state.slots.get_mut(sid) {
                        *slot = None;
                    }
                }
                Signal::UserChanged(user) => *state.changed.keep(user, now, now + LIFE) = Some(now),
                Signal::MailWaiting => {}
            }
        }
        Ok(())
    }
}

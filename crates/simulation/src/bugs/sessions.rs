//! Sessions that are rotated from anywhere, ended in a cache alone, or taken for absent when they could not be found.

use super::Bug;
use async_trait::async_trait;
use chrono::TimeDelta;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::UserId;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{Clock, Opened, Rotation, Sessions, SessionsToEnd, UnchangedPassword};
use evently_auth_domain::refresh::TokenProof;
use evently_auth_domain::session::{LiveSession, NewSession, Session, Sid, Touch};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) struct Careless {
    bug: Bug,
    inner: Arc<dyn Sessions>,
    clock: Arc<dyn Clock>,
    /// When the cached copy of a session was ended.
    ended_copies: Mutex<BTreeMap<Sid, Timestamp>>,
}

/// How long a copy is kept.
const LIFE: TimeDelta = TimeDelta::seconds(5);

impl Careless {
    pub(crate) fn new(bug: Bug, inner: Arc<dyn Sessions>, clock: Arc<dyn Clock>) -> Self {
        Self { bug, inner, clock, ended_copies: Mutex::default() }
    }

    fn copies(&self) -> MutexGuard<'_, BTreeMap<Sid, Timestamp>> {
        self.ended_copies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn copy_of(&self, mut live: LiveSession) -> LiveSession {
        let ended = self.copies().get(&live.session.sid).copied();
        live.session.is_active &= ended.is_none_or(|at| self.clock.now() - at > LIFE);
        live
    }
}

#[async_trait]
impl Sessions for Careless {
    async fn open(
        &self,
        new: NewSession,
        password: UnchangedPassword,
        effects: Effects,
    ) -> Result<Opened, StoreError> {
        self.inner.open(new, password, effects).await
    }

    async fn find(&self, sid: &Sid) -> Result<Option<LiveSession>, StoreError> {
        let found = self.inner.find(sid).await;
        if self.bug == Bug::TakesFailureForAbsence {
            return Ok(found.unwrap_or_default());
        }
        Ok(found?.map(|live| self.copy_of(live)))
    }

    async fn find_fresh(&self, sid: &Sid) -> Result<Option<LiveSession>, StoreError> {
        self.inner.find_fresh(sid).await
    }

    async fn rotate(
        &self,
        sid: &Sid,
        proof: &TokenProof,
        at: Timestamp,
        idle_limit: Option<TimeDelta>,
    ) -> Result<Rotation, StoreError> {
        if self.bug != Bug::RotatesFromAnywhere {
            return self.inner.rotate(sid, proof, at, idle_limit).await;
        }
        match self.inner.find_fresh(sid).await? {
            Some(live) => {
                let mut proof = proof.clone();
                proof.generation = live.session.generation;
                self.inner.rotate(sid, &proof, at, idle_limit).await
            }
            None => Ok(Rotation::Ended),
        }
    }

    async fn touch(&self, touch: Touch, effects: Effects) -> Result<(), StoreError> {
        self.inner.touch(touch, effects).await
    }

    async fn list(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        self.inner.list(user, now).await
    }

    async fn end(&self, which: SessionsToEnd, effects: Effects) -> Result<u64, StoreError> {
        match which {
            SessionsToEnd::One(sid) if self.bug == Bug::LogsOutOfTheCache => {
                self.copies().insert(sid, self.clock.now());
                Ok(1)
            }
            which => self.inner.end(which, effects).await,
        }
    }

    async fn sweep_expired(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.inner.sweep_expired(now, limit).await
    }
}

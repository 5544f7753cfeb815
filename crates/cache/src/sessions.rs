//! `Sessions` with two caches in front, that tells of its changes.

use crate::LIFE;
use crate::announcer::Announcer;
use crate::local::{Load, LocalCache};
use crate::outbox::with_mails;
use async_trait::async_trait;
use chrono::TimeDelta;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::UserId;
use evently_auth_domain::effects::{Effects, EndSessions};
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{
    CachedSession, Opened, Place, Rotation, SessionCache, Sessions, SessionsToEnd, Signal, UnchangedPassword,
};
use evently_auth_domain::refresh::TokenProof;
use evently_auth_domain::session::{LiveSession, NewSession, Session, Sid, Touch};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How long the shared cache may take to answer before the store is asked.
const PATIENCE: Duration = Duration::from_millis(100);

pub(crate) struct CachedSessions {
    pub(crate) inner: Arc<dyn Sessions>,
    pub(crate) announcer: Announcer,
    pub(crate) local: Arc<LocalCache>,
    pub(crate) shared: Option<Arc<dyn SessionCache>>,
}

#[async_trait]
impl Sessions for CachedSessions {
    async fn find(&self, sid: &Sid) -> Result<Option<LiveSession>, StoreError> {
        if let Some(live) = self.local.find(sid) {
            count("hit");
            return Ok(Some(live));
        }
        if !self.local.is_trusted() {
            count("off");
            return self.inner.find(sid).await;
        }
        let load = self.local.begin();
        let place = match self.find_shared(sid).await {
            CachedSession::Kept { live, age } if age < LIFE => {
                count("shared");
                if let Some(load) = load.aged(age) {
                    self.local.keep(load, sid, Some(&live));
                }
                return Ok(Some(live));
            }
            CachedSession::Vacant(place) => Some(place),
            CachedSession::Kept { .. } | CachedSession::Unavailable => None,
        };
        count("miss");
        let found = self.inner.find(sid).await?;
        self.local.keep(load, sid, found.as_ref());
        if let (Some(place), Some(live)) = (place, &found) {
            self.share(load, place, live);
        }
        Ok(found)
    }

    async fn find_fresh(&self, sid: &Sid) -> Result<Option<LiveSession>, StoreError> {
        let load = self.local.begin();
        let found = self.inner.find_fresh(sid).await?;
        self.local.keep(load, sid, found.as_ref());
        Ok(found)
    }

    /// Changes the account too, but in nothing that an instance would refuse by: `last_login`, and perhaps how the same
    /// password is hashed. So others are told of sessions that end by it, and of nothing else.
    async fn open(
        &self,
        new: NewSession,
        password: UnchangedPassword,
        effects: Effects,
    ) -> Result<Opened, StoreError> {
        let changed = vec![Signal::UserChanged(new.user_id)];
        let told = if effects.end_sessions == EndSessions::None { Vec::new() } else { changed.clone() };
        let told = with_mails(told, &effects);
        let inner = self.inner.clone();
        let opened =
            self.announcer.around(told, async move { inner.open(new, password, effects).await }).await;
        self.local.forget(&changed);
        opened
    }

    /// Nobody is told: an older copy refuses nobody, for whoever it does not admit is looked up in the store. So a
    /// refresh costs what the store needs for it, and the next request with its token finds the session here.
    async fn rotate(
        &self,
        sid: &Sid,
        proof: &TokenProof,
        at: Timestamp,
        idle_limit: Option<TimeDelta>,
    ) -> Result<Rotation, StoreError> {
        let load = self.local.begin();
        let rotation = self.inner.rotate(sid, proof, at, idle_limit).await?;
        if let Rotation::Rotated(live) | Rotation::Unmoved(live) = &rotation {
            self.local.keep(load, sid, Some(live));
        }
        Ok(rotation)
    }

    /// A plain use is not told: an instance that does not know of it notes one more within the minute, and judges
    /// nothing by it but what the store confirms. A use with effects is a move, which the audit should have once.
    async fn touch(&self, touch: Touch, effects: Effects) -> Result<(), StoreError> {
        if effects == Effects::default() {
            self.inner.touch(touch.clone(), effects).await?;
            self.local.note(&touch);
            return Ok(());
        }
        let changed = with_mails(vec![Signal::SessionChanged(touch.sid.clone())], &effects);
        let inner = self.inner.clone();
        self.announcer.around(changed, async move { inner.touch(touch, effects).await }).await
    }

    async fn list(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        self.inner.list(user, now).await
    }

    async fn end(&self, which: SessionsToEnd, effects: Effects) -> Result<u64, StoreError> {
        let changed = match &which {
            SessionsToEnd::One(sid) => Signal::SessionChanged(sid.clone()),
            SessionsToEnd::Owned(user, _) | SessionsToEnd::AllOf(user) | SessionsToEnd::OthersOf(user, _) => {
                Signal::UserChanged(*user)
            }
        };
        let changed = with_mails(vec![changed], &effects);
        let inner = self.inner.clone();
        self.announcer.around(changed, async move { inner.end(which, effects).await }).await
    }

    /// Others need not be told: a session that expired is refused by its own end, cached or not.
    async fn sweep_expired(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let swept = self.inner.sweep_expired(now, limit).await;
        if !matches!(swept, Ok(0)) {
            self.local.clear();
        }
        swept
    }
}

impl CachedSessions {
    async fn find_shared(&self, sid: &Sid) -> CachedSession {
        let Some(shared) = self.shared.as_ref().filter(|_| self.local.is_shared_trusted()) else {
            return CachedSession::Unavailable;
        };
        match timeout(PATIENCE, shared.find(sid)).await {
            Ok(Ok(found)) => found,
            // The adapter measured it, and what is wrong with Redis is in the log already.
            Ok(Err(_)) | Err(_) => CachedSession::Unavailable,
        }
    }

    /// Shares what was loaded, without keeping the caller.
    fn share(&self, load: Load, place: Place, live: &LiveSession) {
        let Some(shared) = self.shared.clone().filter(|_| self.local.is_current(load, live)) else { return };
        let live = live.clone();
        tokio::spawn(async move {
            let _ = shared.keep(place, &live).await; // the next one loads for itself
        });
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("evently_auth_session_cache_total", "outcome" => outcome).increment(1);
}

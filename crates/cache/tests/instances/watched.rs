//! A store that is watched, and can be held up.

use async_trait::async_trait;
use chrono::TimeDelta;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::UserId;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{Opened, Rotation, Sessions, SessionsToEnd, UnchangedPassword};
use evently_auth_domain::refresh::TokenProof;
use evently_auth_domain::session::{LiveSession, NewSession, Session, Sid, Touch};
use evently_auth_memory::MemoryStore;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::Semaphore;

pub(crate) struct Watched {
    store: MemoryStore,
    finds: AtomicUsize,
    touches: AtomicUsize,
    /// What was read or is to be written waits here for a permit, while it is held up.
    gate: Semaphore,
    is_held: AtomicBool,
    held: Semaphore,
    loses_answers: AtomicBool,
}

impl Watched {
    pub(crate) fn new(store: MemoryStore) -> Self {
        Self {
            store,
            finds: AtomicUsize::new(0),
            touches: AtomicUsize::new(0),
            gate: Semaphore::new(0),
            is_held: AtomicBool::new(false),
            held: Semaphore::new(0),
            loses_answers: AtomicBool::new(false),
        }
    }

    /// How many sessions were looked up.
    pub(crate) fn finds(&self) -> usize {
        self.finds.load(Ordering::SeqCst)
    }

    /// How many uses were noted.
    pub(crate) fn touches(&self) -> usize {
        self.touches.load(Ordering::SeqCst)
    }

    /// From now on lookups wait when they have read, and ends before they write.
    pub(crate) fn hold(&self) {
        self.is_held.store(true, Ordering::SeqCst);
    }

    /// Waits until somebody waits.
    pub(crate) async fn until_held(&self) {
        self.held.acquire().await.unwrap().forget();
    }

    /// Lets one go on, and later ones pass.
    pub(crate) fn release(&self) {
        self.is_held.store(false, Ordering::SeqCst);
        self.gate.add_permits(1);
    }

    /// From now on ends happen and fail.
    pub(crate) fn lose_answers(&self) {
        self.loses_answers.store(true, Ordering::SeqCst);
    }

    async fn pass(&self) {
        if self.is_held.load(Ordering::SeqCst) {
            self.held.add_permits(1);
            self.gate.acquire().await.unwrap().forget();
        }
    }
}

#[async_trait]
impl Sessions for Watched {
    async fn open(
        &self,
        new: NewSession,
        password: UnchangedPassword,
        effects: Effects,
    ) -> Result<Opened, StoreError> {
        self.store.open(new, password, effects).await
    }

    async fn find(&self, sid: &Sid) -> Result<Option<LiveSession>, StoreError> {
        self.finds.fetch_add(1, Ordering::SeqCst);
        let found = Sessions::find(&self.store, sid).await;
        self.pass().await;
        found
    }

    async fn rotate(
        &self,
        sid: &Sid,
        proof: &TokenProof,
        at: Timestamp,
        idle_limit: Option<TimeDelta>,
    ) -> Result<Rotation, StoreError> {
        let rotation = self.store.rotate(sid, proof, at, idle_limit).await;
        self.pass().await;
        rotation
    }

    async fn touch(&self, touch: Touch, effects: Effects) -> Result<(), StoreError> {
        self.touches.fetch_add(1, Ordering::SeqCst);
        self.store.touch(touch, effects).await
    }

    async fn list(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        Sessions::list(&self.store, user, now).await
    }

    async fn end(&self, which: SessionsToEnd, effects: Effects) -> Result<u64, StoreError> {
        self.pass().await;
        let ended = self.store.end(which, effects).await;
        if self.loses_answers.load(Ordering::SeqCst) {
            return Err(StoreError::unavailable("the answer was lost"));
        }
        ended
    }

    async fn sweep_expired(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.store.sweep_expired(now, limit).await
    }
}

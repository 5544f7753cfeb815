use super::Signal;
use crate::error::StoreError;
use crate::session::{LiveSession, Sid};
use async_trait::async_trait;
use std::time::Duration;

/// Live sessions that instances share, nearer than the database and kept for moments: what one loaded the others need
/// not load again.
///
/// - What is kept is gone five seconds after its place was taken, however long loading it took.
/// - What was loaded for a place is kept only if, since the place was taken, nothing made the cache forget that session
///   or its owner, and the cache lost nothing.
/// - What somebody else wrote into the cache is not found.
#[async_trait]
pub trait SessionCache: Send + Sync {
    /// What is kept of a session. When nothing is, the caller gets its place, unless somebody else has it.
    ///
    /// # Errors
    /// When the cache is away.
    async fn find(&self, sid: &Sid) -> Result<CachedSession, StoreError>;

    /// Keeps what was loaded after `place` was taken, or does nothing when the place is gone.
    ///
    /// # Errors
    /// When the cache is away; then the place may be gone.
    async fn keep(&self, place: Place, loaded: &LiveSession) -> Result<(), StoreError>;

    /// Forgets the sessions, and all sessions of the accounts, that `changed` names; a waiting mail names none.
    ///
    /// # Errors
    /// When the cache is away; some may be forgotten.
    async fn forget(&self, changed: &[Signal]) -> Result<(), StoreError>;
}

/// What a cache knows of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CachedSession {
    /// It is kept.
    Kept {
        /// The session with its owner.
        live: LiveSession,
        /// How long ago its place was taken, at most.
        age: Duration,
    },
    /// It is not, and the caller has its place: load it, then [`SessionCache::keep`] it.
    Vacant(Place),
    /// It is not, and its place is not to be had: load it and leave it.
    Unavailable,
}

/// The right to keep a session, until something makes the cache forget it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The session.
    pub sid: Sid,
    /// Proves the right; no two places have the same.
    pub token: String,
}

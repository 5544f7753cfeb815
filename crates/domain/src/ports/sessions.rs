use crate::Timestamp;
use crate::account::UserId;
use crate::effects::Effects;
use crate::error::StoreError;
use crate::password::PasswordHash;
use crate::refresh::TokenProof;
use crate::session::{LiveSession, NewSession, Session, SessionId, Sid, Touch};
use async_trait::async_trait;
use chrono::TimeDelta;

/// Sessions.
///
/// - Of any number of rotations at once from one generation, exactly one is `Rotated`.
/// - A session ends once: ended, it is never live again.
/// - A step and its effects happen together or not at all; a step that changed nothing has no effects.
/// - Times survive to the microsecond.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Opens a session for an account that is active, verified and still has the password that was verified; sets its
    /// `last_login`, and its hash to `password.rehashed` when there is one.
    ///
    /// # Errors
    /// When the store is away; then nothing happened.
    async fn open(
        &self,
        new: NewSession,
        password: UnchangedPassword,
        effects: Effects,
    ) -> Result<Opened, StoreError>;

    /// The session with its owner, whatever their state; of several instances one may be behind for moments, and five
    /// seconds at most. Good for admitting; a refusal asks [`Sessions::find_fresh`] first.
    ///
    /// # Errors
    /// When the store is away.
    async fn find(&self, sid: &Sid) -> Result<Option<LiveSession>, StoreError>;

    /// The same, never behind.
    ///
    /// # Errors
    /// When the store is away.
    async fn find_fresh(&self, sid: &Sid) -> Result<Option<LiveSession>, StoreError> {
        self.find(sid).await
    }

    /// Moves the chain on from the generation of `proof`, if that is the current one, the proof holds for the session's
    /// seed, the session and its owner are active, and at `at` it has not expired, nor was unused for longer than
    /// `idle_limit`; sets `rotated_at`, `last_accessed`, and marks that generation as seen.
    ///
    /// # Errors
    /// When the store is away; then nothing happened.
    async fn rotate(
        &self,
        sid: &Sid,
        proof: &TokenProof,
        at: Timestamp,
        idle_limit: Option<TimeDelta>,
    ) -> Result<Rotation, StoreError>;

    /// Notes uses; the latest generation seen never goes back, nor does `last_accessed`. An event in `effects` is
    /// written with them.
    ///
    /// # Errors
    /// When the store is away; then nothing was noted.
    async fn touch(&self, touch: Touch, effects: Effects) -> Result<(), StoreError>;

    /// The active, unexpired sessions of an account at `now`, newest first.
    ///
    /// # Errors
    /// When the store is away.
    async fn list(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StoreError>;

    /// Ends active sessions; says how many.
    ///
    /// # Errors
    /// When the store is away; then nothing happened.
    async fn end(&self, which: SessionsToEnd, effects: Effects) -> Result<u64, StoreError>;

    /// Removes at most `limit` sessions that have expired at `now`; says how many.
    ///
    /// # Errors
    /// When the store is away; then nothing happened.
    async fn sweep_expired(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// What became of an opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// It is open.
    Opened(LiveSession),
    /// The account is gone, inactive, unverified, or has another password by now.
    Refused,
}

/// The password that a login verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnchangedPassword {
    /// The hash that it was verified against.
    pub verified: PasswordHash,
    /// A newer hash of the same password, when the parameters changed.
    pub rehashed: Option<PasswordHash>,
}

/// What became of a rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotation {
    /// The chain moved on; the session as it is now.
    Rotated(LiveSession),
    /// The session is live, and as it was: the proof does not hold, or another generation is current.
    Unmoved(LiveSession),
    /// The session is gone, ended, expired or was idle for too long, or its owner is inactive.
    Ended,
}

/// Which sessions to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionsToEnd {
    /// The one with this name.
    One(Sid),
    /// The one with this id, if it belongs to this account.
    Owned(UserId, SessionId),
    /// All of this account.
    AllOf(UserId),
    /// All of this account but one.
    OthersOf(UserId, Sid),
}

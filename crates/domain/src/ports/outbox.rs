use crate::Timestamp;
use crate::effects::Effects;
use crate::error::StoreError;
use crate::mail::{Delivery, MailEntry, MailId, MailJob, MailStatus, QueueStats};
use async_trait::async_trait;
use chrono::TimeDelta;

/// Mails that wait to be sent. Most of them get here as effects of a change.
///
/// - A claimed mail is claimed by nobody else before its lease ends; a lease that ended is claimed again.
/// - Codes are claimed before notices, then the older before the newer.
/// - A mail is settled only by the attempt that holds it.
/// - The payload of a sent or expired mail is wiped.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Writes the mails and audit events of something that changed nothing else.
    ///
    /// # Errors
    /// When the store is away; then nothing happened.
    async fn put(&self, effects: Effects) -> Result<(), StoreError>;

    /// Claims at most `limit` mails that are due at `now`, for `lease`.
    ///
    /// # Errors
    /// When the store is away; then nothing was claimed.
    async fn claim(&self, limit: u32, lease: TimeDelta, now: Timestamp) -> Result<Vec<MailJob>, StoreError>;

    /// Says what became of an attempt; `false` when another attempt holds the mail by now.
    ///
    /// # Errors
    /// When the store is away; then the mail is as it was.
    async fn settle(&self, id: MailId, attempt: u32, delivery: Delivery) -> Result<bool, StoreError>;

    /// The mails with this status, or all, newest first, at most `limit`.
    ///
    /// # Errors
    /// When the store is away.
    async fn list(&self, status: Option<MailStatus>, limit: u32) -> Result<Vec<MailEntry>, StoreError>;

    /// Makes dead mails due at `now`, with a fresh count of attempts: those named, or all; says how many.
    ///
    /// # Errors
    /// When the store is away; then nothing happened.
    async fn requeue(&self, ids: Option<&[MailId]>, now: Timestamp) -> Result<u64, StoreError>;

    /// What the queue looks like.
    ///
    /// # Errors
    /// When the store is away.
    async fn stats(&self) -> Result<QueueStats, StoreError>;
}

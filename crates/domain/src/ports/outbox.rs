use crate::Timestamp;
use crate::effects::Effects;
use crate::error::StoreError;
use crate::mail::{Delivery, MailEntry, MailId, MailJob, MailStatus, QueueStats};
use async_trait::async_trait;
use chrono::TimeDelta;

/// Mails that wait to be sent. Most of them get here as effects of a change.
///
/// - A claimed mail is claimed by nobody else before its lease ends; a lease that ended is claimed again.
/// - Codes are claimed before notices, then those that are due longer; a claim yields codes first, then the older first.
/// - A mail is settled only by the lease that holds it: the latest, and once. No lease of a mail is ever given again.
/// - The payload of a sent or expired mail is wiped.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Writes the mails and audit events of something that changed nothing else.
    ///
    /// # Errors
    /// When the store is away; then nothing happened.
    async fn put(&self, effects: Effects) -> Result<(), StoreError>;

    /// Claims at most `limit` mails that are due at `now`; their leases end after `length`.
    ///
    /// # Errors
    /// When the store is away; then nothing was claimed.
    async fn claim(&self, limit: u32, length: TimeDelta, now: Timestamp) -> Result<Vec<MailJob>, StoreError>;

    /// Says what became of an attempt; `false`, and nothing happened, when `job` no longer holds the mail.
    ///
    /// # Errors
    /// When the store is away; then the mail is as it was.
    async fn settle(&self, job: &MailJob, delivery: Delivery) -> Result<bool, StoreError>;

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

    /// Removes at most `limit` sent or expired mails that were written before `before`; says how many. Dead and queued
    /// ones stay.
    ///
    /// # Errors
    /// When the store is away; then nothing happened.
    async fn sweep_settled(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// What the queue looks like.
    ///
    /// # Errors
    /// When the store is away.
    async fn stats(&self) -> Result<QueueStats, StoreError>;
}

//! What an operator asks of the waiting mails.

use crate::Auth;
use crate::error::StoreError;
use crate::mail::{MailEntry, MailId, MailStatus, QueueStats};

impl Auth {
    /// The mails with this status, or all, newest first.
    ///
    /// # Errors
    /// When the outbox is away.
    pub async fn list_mails(
        &self,
        status: Option<MailStatus>,
        limit: u32,
    ) -> Result<Vec<MailEntry>, StoreError> {
        self.ports.outbox.list(status, limit).await
    }

    /// Makes dead mails due again: those named, or all; says how many.
    ///
    /// # Errors
    /// When the outbox is away.
    pub async fn retry_mails(&self, ids: Option<&[MailId]>) -> Result<u64, StoreError> {
        self.ports.outbox.requeue(ids, self.now()).await
    }

    /// What the queue looks like.
    ///
    /// # Errors
    /// When the outbox is away.
    pub async fn mail_queue(&self) -> Result<QueueStats, StoreError> {
        self.ports.outbox.stats().await
    }
}

//! What an operator asks of the waiting mails.

use crate::Auth;
use crate::audit::{AuditAction, AuditEvent, AuditOutcome};
use crate::effects::Effects;
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

    /// Makes dead mails due again: those named, or all; says how many. What was done is in the audit when this returns.
    ///
    /// # Errors
    /// When the outbox is away.
    pub async fn retry_mails(&self, ids: Option<&[MailId]>) -> Result<u64, StoreError> {
        let now = self.now();
        let requeued = self.ports.outbox.requeue(ids, now).await?;
        if requeued > 0 {
            let event = AuditEvent::local(AuditAction::MailsRetried, AuditOutcome::Success, now);
            let event = event.with(format!("{requeued} mails"));
            self.ports.outbox.put(Effects::audit(event)).await?;
        }
        Ok(requeued)
    }

    /// What the queue looks like.
    ///
    /// # Errors
    /// When the outbox is away.
    pub async fn mail_queue(&self) -> Result<QueueStats, StoreError> {
        self.ports.outbox.stats().await
    }
}

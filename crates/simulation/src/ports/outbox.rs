//! `Outbox` behind the gate. Whatever is claimed is remembered: a mail that is there is claimed in the end.

use super::{Gated, Mailed};
use async_trait::async_trait;
use chrono::TimeDelta;
use evently_auth_domain::Timestamp;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::mail::{Delivery, MailEntry, MailId, MailJob, MailStatus, QueueStats};
use evently_auth_domain::ports::Outbox;

#[async_trait]
impl<P: Outbox> Outbox for Gated<P> {
    async fn put(&self, effects: Effects) -> Result<(), StoreError> {
        self.gate.pass("outbox.put", self.port.put(effects)).await
    }

    async fn claim(&self, limit: u32, length: TimeDelta, now: Timestamp) -> Result<Vec<MailJob>, StoreError> {
        let claim = async {
            let jobs = self.port.claim(limit, length, now).await?;
            let mut ledger = self.ledger.lock();
            for job in &jobs {
                let mailed = Mailed {
                    id: job.id,
                    request_id: job.mail.request_id.clone(),
                    kind: job.mail.kind,
                    to: job.mail.to.clone(),
                };
                ledger.mails.entry(job.mail.message_id.clone()).or_insert(mailed);
            }
            Ok(jobs)
        };
        self.gate.pass("outbox.claim", claim).await
    }

    async fn settle(&self, job: &MailJob, delivery: Delivery) -> Result<bool, StoreError> {
        let is_sent = delivery == Delivery::Sent;
        let settled = self.gate.pass("outbox.settle", self.port.settle(job, delivery)).await;
        if is_sent && matches!(settled, Ok(true)) {
            self.ledger.lock().sent.insert(job.id);
        }
        settled
    }

    async fn list(&self, status: Option<MailStatus>, limit: u32) -> Result<Vec<MailEntry>, StoreError> {
        self.gate.pass("outbox.list", self.port.list(status, limit)).await
    }

    async fn requeue(&self, ids: Option<&[MailId]>, now: Timestamp) -> Result<u64, StoreError> {
        self.gate.pass("outbox.requeue", self.port.requeue(ids, now)).await
    }

    async fn sweep_settled(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.gate.pass("outbox.sweep_settled", self.port.sweep_settled(before, limit)).await
    }

    async fn stats(&self) -> Result<QueueStats, StoreError> {
        self.gate.pass("outbox.stats", self.port.stats()).await
    }
}

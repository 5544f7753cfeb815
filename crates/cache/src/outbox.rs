//! `Outbox` that wakes the workers.

use crate::announcer::Announcer;
use async_trait::async_trait;
use chrono::TimeDelta;
use evently_auth_domain::Timestamp;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::mail::{Delivery, MailEntry, MailId, MailJob, MailStatus, QueueStats};
use evently_auth_domain::ports::{Outbox, Signal};
use std::sync::Arc;

/// `changed`, and that mails wait, if `effects` have any.
pub(crate) fn with_mails(mut changed: Vec<Signal>, effects: &Effects) -> Vec<Signal> {
    if !effects.mails.is_empty() {
        changed.push(Signal::MailWaiting);
    }
    changed
}

pub(crate) struct NotifyingOutbox {
    pub(crate) inner: Arc<dyn Outbox>,
    pub(crate) announcer: Announcer,
}

#[async_trait]
impl Outbox for NotifyingOutbox {
    async fn put(&self, effects: Effects) -> Result<(), StoreError> {
        let changed = with_mails(Vec::new(), &effects);
        let inner = self.inner.clone();
        self.announcer.around(changed, async move { inner.put(effects).await }).await
    }

    async fn claim(&self, limit: u32, length: TimeDelta, now: Timestamp) -> Result<Vec<MailJob>, StoreError> {
        self.inner.claim(limit, length, now).await
    }

    async fn settle(&self, job: &MailJob, delivery: Delivery) -> Result<bool, StoreError> {
        self.inner.settle(job, delivery).await
    }

    async fn list(&self, status: Option<MailStatus>, limit: u32) -> Result<Vec<MailEntry>, StoreError> {
        self.inner.list(status, limit).await
    }

    async fn requeue(&self, ids: Option<&[MailId]>, now: Timestamp) -> Result<u64, StoreError> {
        let (inner, ids) = (self.inner.clone(), ids.map(<[MailId]>::to_vec));
        let change = async move { inner.requeue(ids.as_deref(), now).await };
        self.announcer.around(vec![Signal::MailWaiting], change).await
    }

    async fn sweep_settled(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.inner.sweep_settled(before, limit).await
    }

    async fn stats(&self) -> Result<QueueStats, StoreError> {
        self.inner.stats().await
    }
}

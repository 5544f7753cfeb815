//! The port `Outbox`.

mod row;
mod statements;

use crate::rows::all;
use crate::store::PgStore;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::RunQueryDsl;
use evently_auth_domain::Timestamp;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::mail::{Delivery, MailEntry, MailId, MailJob, MailStatus, QueueStats};
use evently_auth_domain::ports::Outbox;
use row::MailRow;

#[async_trait]
impl Outbox for PgStore {
    async fn put(&self, effects: Effects) -> Result<(), StoreError> {
        let effects = &effects;
        self.write("outbox.put", move |connection| async move {
            statements::put(&self.audit_key, effects).get_result::<i64>(&mut connection.get()?).await?;
            Ok(())
        })
        .await
    }

    async fn claim(&self, limit: u32, length: TimeDelta, now: Timestamp) -> Result<Vec<MailJob>, StoreError> {
        let rows = self.write("outbox.claim", move |connection| async move {
            Ok(statements::claim(limit, length, now).load::<MailRow>(&mut connection.get()?).await?)
        });
        let mut jobs = Vec::new();
        for row in rows.await? {
            let (id, lease) = (MailId(row.id), row.lease);
            match MailJob::try_from(row) {
                Ok(job) => jobs.push(job),
                // A row that cannot be read delays nobody: it is dead, and says why.
                Err(error) => {
                    let dead = Delivery::Dead { reason: error.to_string() };
                    if let Err(error) = self.settled(id, lease, &dead).await {
                        tracing::warn!(mail = id.0, %error, "a mail that cannot be read stays claimed");
                    }
                }
            }
        }
        jobs.sort_by_key(|job| (job.mail.priority, job.mail.created_at, job.id));
        Ok(jobs)
    }

    async fn settle(&self, job: &MailJob, delivery: Delivery) -> Result<bool, StoreError> {
        self.settled(job.id, job.lease, &delivery).await
    }

    async fn list(&self, status: Option<MailStatus>, limit: u32) -> Result<Vec<MailEntry>, StoreError> {
        let rows = self.read("outbox.list", move |connection| async move {
            Ok(statements::list(status, limit).load::<MailRow>(&mut connection.get()?).await?)
        });
        all(rows.await?)
    }

    async fn requeue(&self, ids: Option<&[MailId]>, now: Timestamp) -> Result<u64, StoreError> {
        let requeued = self.write("outbox.requeue", move |connection| async move {
            Ok(statements::requeue(ids, now).execute(&mut connection.get()?).await?)
        });
        Ok(requeued.await? as u64)
    }

    async fn sweep_settled(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        // Times are exact to the microsecond.
        self.sweep(&self.sweeps.mails, before - TimeDelta::microseconds(1), limit).await
    }

    async fn stats(&self) -> Result<QueueStats, StoreError> {
        type Stats = (i64, Option<DateTime<Utc>>, i64);
        let stats = self.read("outbox.stats", move |connection| async move {
            Ok(statements::stats().get_result::<Stats>(&mut connection.get()?).await?)
        });
        let (queued, oldest_queued, dead) = stats.await?;
        Ok(QueueStats { queued: queued.unsigned_abs(), dead: dead.unsigned_abs(), oldest_queued })
    }
}

impl PgStore {
    async fn settled(&self, id: MailId, lease: i64, delivery: &Delivery) -> Result<bool, StoreError> {
        let settled = self.write("outbox.settle", move |connection| async move {
            Ok(statements::settle(id, lease, delivery).execute(&mut connection.get()?).await?)
        });
        Ok(settled.await? > 0)
    }
}

//! The port `Outbox`.

use crate::effects;
use crate::failure::Failure;
use crate::rows::{Row, micros};
use crate::schema::outbox;
use crate::store::SqliteStore;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta};
use diesel::dsl::{count_star, min};
use diesel::prelude::*;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::EmailAddress;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::mail::{
    Delivery, MailEntry, MailId, MailJob, MailKind, MailStatus, Priority, QueueStats, SealedMail,
};
use evently_auth_domain::ports::Outbox;

#[async_trait]
impl Outbox for SqliteStore {
    async fn put(&self, effects: Effects) -> Result<(), StoreError> {
        let key = self.audit_key.clone();
        self.write(move |connection| effects::apply(connection, &key, &effects, None)).await
    }

    async fn claim(&self, limit: u32, length: TimeDelta, now: Timestamp) -> Result<Vec<MailJob>, StoreError> {
        self.write(move |connection| {
            let queue = diesel::alias!(outbox as queue);
            let next_attempt_at = queue.field(outbox::next_attempt_at);
            let (priority, created_at, id) = queue.fields((outbox::priority, outbox::created_at, outbox::id));
            let due = queue
                .filter(queue.field(outbox::status).eq(MailStatus::Queued.as_str()))
                .filter(next_attempt_at.le(micros(now)))
                .order((priority, next_attempt_at, created_at, id))
                .limit(limit.into())
                .select(id);
            let rows = diesel::update(outbox::table)
                .filter(outbox::id.eq_any(due))
                .set((
                    outbox::attempts.eq(outbox::attempts + 1),
                    outbox::next_attempt_at.eq(micros(now + length)),
                    outbox::lease.eq(outbox::lease + 1),
                    outbox::is_claimed.eq(true),
                ))
                .returning(MailRow::as_returning())
                .get_results(connection)?;
            let mut jobs = Vec::with_capacity(rows.len());
            for row in rows {
                let id = row.id;
                match MailJob::try_from(row) {
                    Ok(job) => jobs.push(job),
                    Err(error) => bury(connection, id, &error)?,
                }
            }
            jobs.sort_by_key(|job| (job.mail.priority, job.mail.created_at, job.id));
            Ok(jobs)
        })
        .await
    }

    async fn settle(&self, job: &MailJob, delivery: Delivery) -> Result<bool, StoreError> {
        let (id, lease) = (job.id, job.lease);
        self.write(move |connection| settle(connection, id, lease, delivery)).await
    }

    async fn list(&self, status: Option<MailStatus>, limit: u32) -> Result<Vec<MailEntry>, StoreError> {
        self.read(move |connection| {
            let mut mails = outbox::table.into_boxed();
            if let Some(status) = status {
                mails = mails.filter(outbox::status.eq(status.as_str()));
            }
            let rows = mails
                .order((outbox::created_at.desc(), outbox::id.desc()))
                .limit(limit.into())
                .select(MailRow::as_select())
                .load(connection)?;
            Ok(rows.into_iter().map(MailEntry::try_from).collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn requeue(&self, ids: Option<&[MailId]>, now: Timestamp) -> Result<u64, StoreError> {
        let ids = ids.map(<[MailId]>::to_vec);
        self.write(move |connection| requeue(connection, ids.as_deref(), now)).await
    }

    async fn sweep_settled(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(move |connection| {
            let mails = diesel::alias!(outbox as mails);
            let (payload, created_at) = mails.fields((outbox::payload, outbox::created_at));
            // The payload is wiped when, and only when, a mail is sent or expired; that is also what the index knows.
            let settled = mails
                .filter(payload.is_null())
                .filter(created_at.lt(micros(before)))
                .order(created_at)
                .limit(limit.into());
            let removed = diesel::delete(outbox::table)
                .filter(outbox::id.eq_any(settled.select(mails.field(outbox::id))))
                .execute(connection)?;
            Ok(removed as u64)
        })
        .await
    }

    async fn stats(&self) -> Result<QueueStats, StoreError> {
        self.read(|connection| connection.transaction(stats)).await
    }
}

/// A row that cannot be read delays nobody: it is dead, and says why.
fn bury(connection: &mut SqliteConnection, id: i64, error: &StoreError) -> Result<(), Failure> {
    diesel::update(outbox::table.find(id))
        .set((
            outbox::is_claimed.eq(false),
            outbox::status.eq(MailStatus::Dead.as_str()),
            outbox::last_error.eq(error.to_string()),
        ))
        .execute(connection)?;
    Ok(())
}

fn settle(
    connection: &mut SqliteConnection,
    id: MailId,
    lease: i64,
    delivery: Delivery,
) -> Result<bool, Failure> {
    let held = outbox::table.find(id.0).filter(outbox::is_claimed.eq(true)).filter(outbox::lease.eq(lease));
    let settled = diesel::update(held);
    let released = outbox::is_claimed.eq(false);
    let wiped = outbox::payload.eq(None::<Vec<u8>>);
    let status = |status: MailStatus| outbox::status.eq(status.as_str());
    let settled = match delivery {
        Delivery::Sent => {
            let forgotten = outbox::last_error.eq(None::<String>);
            settled.set((released, status(MailStatus::Sent), wiped, forgotten)).execute(connection)?
        }
        Delivery::Expired => {
            settled.set((released, status(MailStatus::Expired), wiped)).execute(connection)?
        }
        Delivery::Retry { at, reason } => settled
            .set((released, outbox::next_attempt_at.eq(micros(at)), outbox::last_error.eq(reason)))
            .execute(connection)?,
        Delivery::Dead { reason } => settled
            .set((released, status(MailStatus::Dead), outbox::last_error.eq(reason)))
            .execute(connection)?,
    };
    Ok(settled > 0)
}

fn requeue(
    connection: &mut SqliteConnection,
    ids: Option<&[MailId]>,
    now: Timestamp,
) -> Result<u64, Failure> {
    let dead = diesel::update(outbox::table)
        .set((
            outbox::status.eq(MailStatus::Queued.as_str()),
            outbox::attempts.eq(0),
            outbox::next_attempt_at.eq(micros(now)),
        ))
        .filter(outbox::status.eq(MailStatus::Dead.as_str()));
    let Some(ids) = ids else {
        return Ok(dead.execute(connection)? as u64);
    };
    let mut requeued = 0;
    for id in ids {
        requeued += dead.clone().filter(outbox::id.eq(id.0)).execute(connection)? as u64;
    }
    Ok(requeued)
}

fn stats(connection: &mut SqliteConnection) -> Result<QueueStats, Failure> {
    let with = |status: MailStatus| outbox::table.filter(outbox::status.eq(status.as_str()));
    let (queued, oldest): (i64, Option<i64>) =
        with(MailStatus::Queued).select((count_star(), min(outbox::created_at))).first(connection)?;
    let dead: i64 = with(MailStatus::Dead).count().get_result(connection)?;
    Ok(QueueStats {
        queued: queued.unsigned_abs(),
        dead: dead.unsigned_abs(),
        oldest_queued: oldest.and_then(DateTime::from_timestamp_micros),
    })
}

/// Every column of `outbox` that is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox, check_for_backend(diesel::sqlite::Sqlite))]
struct MailRow {
    id: i64,
    message_id: String,
    kind: String,
    priority: i64,
    recipient: String,
    payload: Option<Vec<u8>>,
    expires_at: Option<i64>,
    request_id: String,
    created_at: i64,
    status: String,
    attempts: i64,
    next_attempt_at: i64,
    lease: i64,
    last_error: Option<String>,
}

impl MailRow {
    fn row(&self) -> Row<i64> {
        Row { table: "outbox", id: self.id }
    }
}

impl TryFrom<MailRow> for MailJob {
    type Error = StoreError;

    fn try_from(mail: MailRow) -> Result<Self, StoreError> {
        let row = mail.row();
        let priority =
            [Priority::Code, Priority::Notice].into_iter().find(|p| effects::rank(*p) == mail.priority);
        Ok(Self {
            id: MailId(mail.id),
            lease: mail.lease,
            attempt: row.number("attempts", mail.attempts)?,
            mail: SealedMail {
                message_id: mail.message_id,
                kind: row.value("kind", MailKind::parse(&mail.kind))?,
                priority: row.value("priority", priority)?,
                to: row.value("recipient", EmailAddress::parse(&mail.recipient).ok())?,
                payload: row.value("payload", mail.payload)?,
                expires_at: row.optional_time("expires_at", mail.expires_at)?,
                request_id: mail.request_id,
                created_at: row.time("created_at", mail.created_at)?,
            },
        })
    }
}

impl TryFrom<MailRow> for MailEntry {
    type Error = StoreError;

    fn try_from(mail: MailRow) -> Result<Self, StoreError> {
        let row = mail.row();
        Ok(Self {
            id: MailId(mail.id),
            message_id: mail.message_id,
            kind: row.value("kind", MailKind::parse(&mail.kind))?,
            to: row.value("recipient", EmailAddress::parse(&mail.recipient).ok())?,
            status: row.value("status", MailStatus::parse(&mail.status))?,
            attempts: row.number("attempts", mail.attempts)?,
            next_attempt_at: row.time("next_attempt_at", mail.next_attempt_at)?,
            last_error: mail.last_error,
            created_at: row.time("created_at", mail.created_at)?,
        })
    }
}

//! The steps of a waiting mail, each one statement.

use super::row::{MailRow, MailSql};
use crate::statement::{Statement, columns};
use chrono::TimeDelta;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz};
use evently_auth_domain::Timestamp;
use evently_auth_domain::audit::AuditKey;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::mail::{Delivery, MailId, MailStatus};

/// Writes effects that have no cause.
pub(super) fn put(key: &AuditKey, effects: &Effects) -> Statement<BigInt> {
    Statement::new("WITH cause AS (SELECT)")
        .effects(key, effects, "cause", None)
        .sql(" SELECT count(*) FROM cause")
}

/// Yields what was claimed, in any order. What somebody else is about to claim is passed over. One priority after the
/// other, so that what is not due yet is not looked at, however much that is.
pub(super) fn claim(limit: u32, length: TimeDelta, now: Timestamp) -> Statement<MailSql> {
    Statement::new(
        "UPDATE outbox SET attempts = attempts + 1, next_attempt_at = ?, lease = lease + 1, is_claimed = true
        WHERE id = ANY (ARRAY(
            SELECT due.id FROM (VALUES (0::bigint), (1)) AS kind (priority) CROSS JOIN LATERAL (
                SELECT id FROM outbox
                WHERE status = 'queued' AND priority = kind.priority AND next_attempt_at <= ?
                ORDER BY next_attempt_at, created_at, id LIMIT ?
                FOR UPDATE SKIP LOCKED
            ) AS due LIMIT ?
        )) RETURNING ",
    )
    .bind::<Timestamptz, _>(now + length)
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(i64::from(limit))
    .bind::<BigInt, _>(i64::from(limit))
    .sql(&columns::<MailRow>())
}

/// Changes one row, or none when the lease no longer holds the mail.
pub(super) fn settle(id: MailId, lease: i64, delivery: &Delivery) -> Statement {
    let set = Statement::new("UPDATE outbox SET is_claimed = false, ");
    let set = match delivery {
        Delivery::Sent => set.sql("status = 'sent', payload = NULL, last_error = NULL"),
        Delivery::Expired => set.sql("status = 'expired', payload = NULL"),
        Delivery::Retry { at, reason } => set
            .sql("next_attempt_at = ?, last_error = ?")
            .bind::<Timestamptz, _>(*at)
            .bind::<Text, _>(storable(reason)),
        Delivery::Dead { reason } => {
            set.sql("status = 'dead', last_error = ?").bind::<Text, _>(storable(reason))
        }
    };
    set.sql(" WHERE id = ? AND is_claimed AND lease = ?").bind::<BigInt, _>(id.0).bind::<BigInt, _>(lease)
}

/// What a mail server said, without the one character that PostgreSQL's text does not take.
fn storable(reason: &str) -> String {
    reason.replace('\0', "\u{fffd}")
}

/// Newest first.
pub(super) fn list(status: Option<MailStatus>, limit: u32) -> Statement<MailSql> {
    let mails = Statement::new("SELECT ").sql(&columns::<MailRow>()).sql(" FROM outbox");
    let mails = match status {
        Some(status) => mails.sql(" WHERE status = ?").bind::<Text, _>(status.as_str()),
        None => mails,
    };
    mails.sql(" ORDER BY created_at DESC, id DESC LIMIT ?").bind::<BigInt, _>(i64::from(limit))
}

/// One behind the other, by their ids, so that of several at once none waits for one that waits for it.
pub(super) fn requeue(ids: Option<&[MailId]>, now: Timestamp) -> Statement {
    let requeue = Statement::new(
        "UPDATE outbox SET status = 'queued', attempts = 0, next_attempt_at = ?
        WHERE id = ANY (ARRAY(SELECT id FROM outbox WHERE status = 'dead'",
    )
    .bind::<Timestamptz, _>(now);
    let dead = match ids {
        None => requeue,
        Some(ids) => {
            let ids = ids.iter().map(|id| id.0).collect::<Vec<_>>();
            requeue.sql(" AND id = ANY(?)").bind::<Array<BigInt>, _>(ids)
        }
    };
    dead.sql(" ORDER BY id FOR UPDATE))")
}

/// Yields how many are queued, since when the oldest is, and how many are dead.
pub(super) fn stats() -> Statement<(BigInt, Nullable<Timestamptz>, BigInt)> {
    Statement::new(
        "SELECT count(*), min(created_at), (SELECT count(*) FROM outbox WHERE status = 'dead')
        FROM outbox WHERE status = 'queued'",
    )
}

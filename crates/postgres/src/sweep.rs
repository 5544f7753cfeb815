//! Removing in batches, each at the cost of the first one.
//!
//! What a batch removed stays in the index until the table is vacuumed, and a batch that began at the start would
//! walk over all that was removed before it. So the next one begins where a full batch ended; one that is not full
//! ends the sweep, and the next sweep begins at the start: with what was in use, or came late.

use crate::statement::Statement;
use crate::store::PgStore;
use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Nullable, Timestamptz};
use diesel_async::RunQueryDsl;
use evently_auth_domain::Timestamp;
use evently_auth_domain::error::StoreError;
use std::sync::{Mutex, PoisonError};

/// What is swept: a table, the time by which its rows go, and which rows may.
pub(crate) struct Swept {
    operation: &'static str,
    table: &'static str,
    time: &'static str,
    condition: &'static str,
    /// The time of the last row of the full batch before.
    reached: Mutex<Option<DateTime<Utc>>>,
}

impl Swept {
    const fn new(
        operation: &'static str,
        table: &'static str,
        time: &'static str,
        condition: &'static str,
    ) -> Self {
        Self { operation, table, time, condition, reached: Mutex::new(None) }
    }
}

/// Everything that is swept, by all users of one store.
pub(crate) struct Sweeps {
    pub(crate) sessions: Swept,
    pub(crate) accounts: Swept,
    pub(crate) mails: Swept,
}

impl Default for Sweeps {
    fn default() -> Self {
        Self {
            sessions: Swept::new("sessions.sweep_expired", "user_sessions", "expires_at", "true"),
            accounts: Swept::new("users.sweep_unverified", "users", "claim_expires_at", "true"),
            // The payload is wiped when, and only when, a mail is sent or expired; that is also what the index
            // knows.
            mails: Swept::new("outbox.sweep_settled", "outbox", "created_at", "payload IS NULL"),
        }
    }
}

impl PgStore {
    /// Removes at most `limit` rows whose time is not after `until`; says how many. Rows that somebody uses right now
    /// are left to the next sweep.
    pub(crate) async fn sweep(&self, what: &Swept, until: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let reached = *what.reached.lock().unwrap_or_else(PoisonError::into_inner);
        let removed = self.write(what.operation, move |connection| async move {
            let remove = remove(what, reached, until, limit);
            Ok(remove.get_result::<(i64, Option<DateTime<Utc>>)>(&mut connection.get()?).await?)
        });
        let (removed, last) = removed.await?;
        let next = last.filter(|_| removed == i64::from(limit));
        *what.reached.lock().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(removed.unsigned_abs())
    }
}

fn remove(
    what: &Swept,
    reached: Option<DateTime<Utc>>,
    until: Timestamp,
    limit: u32,
) -> Statement<(BigInt, Nullable<Timestamptz>)> {
    let Swept { table, time, condition, .. } = what;
    Statement::new(format!(
        "WITH gone AS (
            DELETE FROM {table} WHERE id = ANY (ARRAY(
                SELECT id FROM {table}
                WHERE {condition} AND {time} >= coalesce(?::timestamptz, '-infinity') AND {time} <= ?
                ORDER BY {time} LIMIT ? FOR UPDATE SKIP LOCKED
            )) RETURNING {time} AS at
        ) SELECT count(*), max(at) FROM gone"
    ))
    .bind::<Nullable<Timestamptz>, _>(reached)
    .bind::<Timestamptz, _>(until)
    .bind::<BigInt, _>(i64::from(limit))
}

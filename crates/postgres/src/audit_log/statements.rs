//! The statements that move the ends of the chain.

use super::row;
use crate::statement::Statement;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Timestamptz};
use evently_auth_domain::audit::{AuditEnd, AuditKey, AuditSeal};
use evently_auth_domain::effects::Effects;

/// Yields whether the seal was appended: `last` is still the last one, and nobody sealed one of its rows since
/// the caller looked. Of seals at once that share a row, the first to lock it wins; of those that share only
/// the number, the first to insert it.
pub(super) fn append(last: i64, seal: &AuditSeal, end: &AuditEnd) -> Statement<Bool> {
    let ids: Vec<i64> = seal.rows.iter().map(|(id, _)| *id).collect();
    Statement::new(
        "WITH free AS (
            SELECT id FROM audit_log WHERE id = ANY(?) AND sealed_by IS NULL ORDER BY id FOR NO KEY UPDATE
        ), appended AS (
            INSERT INTO audit_seals (number, covers, at, mac) SELECT ?, ?, ?, ?
            WHERE (SELECT count(*) FROM free) = cardinality(?::bigint[])
                AND (SELECT coalesce(max(number), 0) FROM audit_seals) = ?
            ON CONFLICT (number) DO NOTHING
            RETURNING number
        ), marked AS (
            UPDATE audit_log SET sealed_by = appended.number FROM appended JOIN free ON true
            WHERE audit_log.id = free.id
        ), moved AS (
            INSERT INTO audit_ends (which, number, digest, row_count, last_row, at, mac)
            SELECT 'end', number, ?, ?, ?, ?, ? FROM appended
            ON CONFLICT (which) DO UPDATE SET (number, digest, row_count, last_row, at, mac)
                = (EXCLUDED.number, EXCLUDED.digest, EXCLUDED.row_count, EXCLUDED.last_row, EXCLUDED.at,
                    EXCLUDED.mac)
        ) SELECT EXISTS (SELECT FROM appended)",
    )
    .bind::<Array<BigInt>, _>(ids.clone())
    .bind::<BigInt, _>(seal.number)
    .bind::<Binary, _>(row::covers(seal))
    .bind::<Timestamptz, _>(seal.at)
    .bind::<Binary, _>(seal.mac.0.to_vec())
    .bind::<Array<BigInt>, _>(ids)
    .bind::<BigInt, _>(last)
    .place(end)
}

/// Yields the number of the start once it was moved from `after`; nothing when it is elsewhere. Whoever moves it
/// holds its lock.
pub(super) fn move_start(
    key: &AuditKey,
    after: i64,
    start: &AuditEnd,
    effects: &Effects,
) -> Statement<BigInt> {
    let first = after == 0;
    let moved = Statement::new(if first {
        "WITH moved AS (
            INSERT INTO audit_ends (number, which, digest, row_count, last_row, at, mac)
            SELECT ?, 'start', ?, ?, ?, ?, ?
            WHERE NOT EXISTS (SELECT FROM audit_ends WHERE which = 'start') RETURNING number
        )"
    } else {
        "WITH moved AS (
            UPDATE audit_ends
            SET (number, digest, row_count, last_row, at, mac) = ROW (?, ?, ?, ?, ?, ?)
            WHERE which = 'start' AND number = ? RETURNING number
        )"
    })
    .bind::<BigInt, _>(start.link.number)
    .place(start);
    let moved = if first { moved } else { moved.bind::<BigInt, _>(after) };
    moved.effects(key, effects, "moved", None).sql(" SELECT number FROM moved")
}

impl<ST> Statement<ST> {
    /// The values of `digest, row_count, last_row, at, mac`.
    fn place(self, end: &AuditEnd) -> Self {
        self.bind::<Binary, _>(end.link.digest.0.to_vec())
            .bind::<BigInt, _>(end.rows)
            .bind::<BigInt, _>(end.last_row)
            .bind::<Timestamptz, _>(end.at)
            .bind::<Binary, _>(end.mac.0.to_vec())
    }
}

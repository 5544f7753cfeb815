//! The port `AuditLog`. That nothing changes or removes a row is the triggers' work; see the first migration.
//!
//! A replica may be asked for what is verified: a seal and the marks on its rows arrive there together. Where
//! it has nothing, the primary has the last word, so that a replica which is behind never looks like a row or
//! a seal that is gone. The sealer asks the primary alone.

mod row;

use crate::connections::Lent;
use crate::rows::all;
use crate::schema::{audit_log, audit_seals};
use crate::statement::Statement;
use crate::store::PgStore;
use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Timestamptz};
use diesel_async::RunQueryDsl;
use evently_auth_domain::audit::{AuditRecord, AuditSeal};
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::AuditLog;
use row::{EventRow, SealRow};
use std::sync::Arc;

#[async_trait]
impl AuditLog for PgStore {
    async fn unsealed(&self, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let rows = self.read("audit_log.unsealed", move |connection| async move {
            let rows = audit_log::table
                .filter(audit_log::sealed_by.is_null())
                .order(audit_log::id)
                .limit(limit.into())
                .select(EventRow::as_select());
            Ok(rows.load(&mut connection.get()?).await?)
        });
        all(rows.await?)
    }

    async fn append_seal(&self, seal: AuditSeal) -> Result<bool, StoreError> {
        let seal = &seal;
        self.write("audit_log.append_seal", move |connection| async move {
            Ok(append(seal).get_result::<bool>(&mut connection.get()?).await?)
        })
        .await
    }

    async fn last_seal(&self) -> Result<Option<AuditSeal>, StoreError> {
        let row = self.read("audit_log.last_seal", move |connection| async move {
            let seals = audit_seals::table.order(audit_seals::number.desc()).select(SealRow::as_select());
            Ok(seals.first(&mut connection.get()?).await.optional()?)
        });
        row.await?.map(AuditSeal::try_from).transpose()
    }

    async fn seals(&self, after: i64, limit: u32) -> Result<Vec<AuditSeal>, StoreError> {
        let job = move |connection: Arc<Lent>| async move {
            let seals = audit_seals::table
                .filter(audit_seals::number.gt(after))
                .order(audit_seals::number)
                .limit(limit.into())
                .select(SealRow::as_select());
            Ok(seals.load(&mut connection.get()?).await?)
        };
        all(self.read_replica("audit_log.seals", |seals| !seals.is_empty(), job).await?)
    }

    async fn rows(&self, after: i64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let job = move |connection: Arc<Lent>| async move {
            let rows = audit_log::table
                .filter(audit_log::id.gt(after))
                .order(audit_log::id)
                .limit(limit.into())
                .select(EventRow::as_select());
            Ok(rows.load(&mut connection.get()?).await?)
        };
        all(self.read_replica("audit_log.rows", |rows| !rows.is_empty(), job).await?)
    }

    async fn rows_of(&self, number: i64) -> Result<Vec<AuditRecord>, StoreError> {
        let job = move |connection: Arc<Lent>| async move {
            let rows = audit_log::table
                .filter(audit_log::sealed_by.eq(number))
                .order(audit_log::id)
                .select(EventRow::as_select());
            Ok(rows.load(&mut connection.get()?).await?)
        };
        all(self.read_replica("audit_log.rows_of", |rows| !rows.is_empty(), job).await?)
    }
}

/// Yields whether the seal was appended: its number follows the last, and nobody sealed one of its rows since
/// the caller looked. Of seals at once that share a row, the first to lock it wins; of those that share only
/// the number, the first to insert it.
fn append(seal: &AuditSeal) -> Statement<Bool> {
    let ids: Vec<i64> = seal.rows.iter().map(|(id, _)| *id).collect();
    Statement::new(
        "WITH free AS (
            SELECT id FROM audit_log WHERE id = ANY(?) AND sealed_by IS NULL ORDER BY id FOR NO KEY UPDATE
        ), appended AS (
            INSERT INTO audit_seals (number, covers, at, mac) SELECT ?, ?, ?, ?
            WHERE (SELECT count(*) FROM free) = cardinality(?::bigint[])
                AND (SELECT coalesce(max(number), 0) + 1 FROM audit_seals) = ?
            ON CONFLICT (number) DO NOTHING
            RETURNING number
        ), marked AS (
            UPDATE audit_log SET sealed_by = appended.number FROM appended JOIN free ON true
            WHERE audit_log.id = free.id
        ) SELECT EXISTS (SELECT FROM appended)",
    )
    .bind::<Array<BigInt>, _>(ids.clone())
    .bind::<BigInt, _>(seal.number)
    .bind::<Binary, _>(row::covers(seal))
    .bind::<Timestamptz, _>(seal.at)
    .bind::<Binary, _>(seal.mac.0.to_vec())
    .bind::<Array<BigInt>, _>(ids)
    .bind::<BigInt, _>(seal.number)
}

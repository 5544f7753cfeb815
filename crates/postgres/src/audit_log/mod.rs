//! The port `AuditLog`. That nothing changes a row, and nothing but a cut removes one, is the triggers' work;
//! see the migrations.
//!
//! The listing asks a replica. What is sealed and what is verified is read from the primary alone: a replica
//! that is behind would make rows and seals look gone, or cut ones look put back.

mod find;
mod row;
mod statements;

use crate::connections::Lent;
use crate::schema::{audit_ends, audit_log, audit_seals};
use crate::store::PgStore;
use crate::transaction::{Key, begin, commit, roll_back};
use async_trait::async_trait;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use evently_auth_domain::audit::{AuditEnd, AuditEnds, AuditFilter, AuditPlace, AuditRecord, AuditSeal};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::AuditLog;
use row::{EndRow, EventRow, SealRow};
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
        Ok(records(rows.await?))
    }

    async fn append_seal(&self, last: i64, seal: AuditSeal, end: AuditEnd) -> Result<bool, StoreError> {
        let seal = &seal;
        self.write("audit_log.append_seal", move |connection| async move {
            Ok(statements::append(last, seal, &end).get_result::<bool>(&mut connection.get()?).await?)
        })
        .await
    }

    async fn last_seal(&self) -> Result<Option<AuditSeal>, StoreError> {
        let row = self.read("audit_log.last_seal", move |connection| async move {
            let seals = audit_seals::table.order(audit_seals::number.desc()).select(SealRow::as_select());
            Ok(seals.first(&mut connection.get()?).await.optional()?)
        });
        Ok(row.await?.map(AuditSeal::from))
    }

    async fn ends(&self) -> Result<AuditEnds, StoreError> {
        let rows = self.read("audit_log.ends", move |connection| async move {
            Ok(audit_ends::table.select(EndRow::as_select()).load(&mut connection.get()?).await?)
        });
        Ok(row::ends(&rows.await?))
    }

    async fn cut(&self, after: i64, start: AuditEnd, effects: Effects) -> Result<bool, StoreError> {
        let effects = &effects;
        self.write("audit_log.cut", move |connection| async move {
            let mut connection: &AsyncPgConnection = connection.get()?;
            begin(connection, vec![Key::of("audit_ends", "start")]).await?;
            let moved = statements::move_start(&self.audit_key, after, &start, effects);
            if moved.get_result::<i64>(&mut connection).await.optional()?.is_none() {
                return roll_back(connection, false).await;
            }
            let number = audit_seals::number;
            let between = number.gt(after).and(number.le(start.link.number));
            let cut = audit_seals::table.filter(between).select(number.nullable());
            diesel::delete(audit_log::table)
                .filter(audit_log::sealed_by.eq_any(cut))
                .execute(&mut connection)
                .await?;
            diesel::delete(audit_seals::table.filter(between)).execute(&mut connection).await?;
            commit(connection, true).await
        })
        .await
    }

    async fn seals(&self, after: i64, limit: u32) -> Result<Vec<AuditSeal>, StoreError> {
        let rows = self.read("audit_log.seals", move |connection| async move {
            let seals = audit_seals::table
                .filter(audit_seals::number.gt(after))
                .order(audit_seals::number)
                .limit(limit.into())
                .select(SealRow::as_select());
            Ok(seals.load(&mut connection.get()?).await?)
        });
        Ok(rows.await?.into_iter().map(AuditSeal::from).collect())
    }

    async fn rows(&self, after: i64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let rows = self.read("audit_log.rows", move |connection| async move {
            let rows = audit_log::table
                .filter(audit_log::id.gt(after))
                .order(audit_log::id)
                .limit(limit.into())
                .select(EventRow::as_select());
            Ok(rows.load(&mut connection.get()?).await?)
        });
        Ok(records(rows.await?))
    }

    async fn rows_of(&self, number: i64, after: i64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let rows = self.read("audit_log.rows_of", move |connection| async move {
            let rows = audit_log::table
                .filter(audit_log::sealed_by.eq(number))
                .filter(audit_log::id.gt(after))
                .order(audit_log::id)
                .limit(limit.into())
                .select(EventRow::as_select());
            Ok(rows.load(&mut connection.get()?).await?)
        });
        Ok(records(rows.await?))
    }

    async fn has_twin(&self, row: &AuditRecord, number: i64) -> Result<bool, StoreError> {
        self.read("audit_log.has_twin", move |connection| async move {
            let twin = audit_log::table
                .filter(audit_log::at.eq(row.event.at))
                .filter(audit_log::mac.eq(row.mac.0.to_vec()))
                .filter(audit_log::id.ne(row.id))
                .filter(audit_log::sealed_by.le(number));
            Ok(diesel::select(exists(twin)).get_result(&mut connection.get()?).await?)
        })
        .await
    }

    async fn search(
        &self,
        filter: &AuditFilter,
        before: Option<AuditPlace>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        // PostgreSQL has no text with this character, so no request of that name either.
        if filter.request_id.as_ref().is_some_and(|id| id.contains('\0')) {
            return Ok(Vec::new());
        }
        let job = move |connection: Arc<Lent>| async move {
            Ok(find::find(filter, before, limit).load::<EventRow>(&mut connection.get()?).await?)
        };
        Ok(records(self.read_replica("audit_log.search", |_| true, job).await?))
    }
}

fn records(rows: Vec<EventRow>) -> Vec<AuditRecord> {
    rows.into_iter().map(AuditRecord::from).collect()
}

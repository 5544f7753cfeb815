//! The port `AuditLog`. That nothing changes a row, and nothing but a cut removes one, is the triggers' work;
//! see the migrations.

mod find;
mod row;

use crate::effects;
use crate::failure::Failure;
use crate::rows::micros;
use crate::schema::{audit_ends, audit_log, audit_seals};
use crate::store::SqliteStore;
use async_trait::async_trait;
use diesel::dsl::{exists, max};
use diesel::prelude::*;
use evently_auth_domain::audit::{
    AuditEnd, AuditEnds, AuditFilter, AuditPlace, AuditRecord, AuditSeal, AuditSide,
};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::AuditLog;
use row::{EndRow, EventRow, SealRow};

#[async_trait]
impl AuditLog for SqliteStore {
    async fn unsealed(&self, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        self.read(move |connection| {
            let rows = audit_log::table
                .filter(audit_log::sealed_by.is_null())
                .order(audit_log::id)
                .limit(limit.into())
                .select(EventRow::as_select())
                .load(connection)?;
            Ok(records(rows))
        })
        .await
    }

    async fn append_seal(&self, last: i64, seal: AuditSeal, end: AuditEnd) -> Result<bool, StoreError> {
        self.write(move |connection| append(connection, last, &seal, &end)).await
    }

    async fn last_seal(&self) -> Result<Option<AuditSeal>, StoreError> {
        self.read(|connection| {
            let row = audit_seals::table
                .order(audit_seals::number.desc())
                .select(SealRow::as_select())
                .first(connection)
                .optional()?;
            Ok(row.map(AuditSeal::from))
        })
        .await
    }

    async fn ends(&self) -> Result<AuditEnds, StoreError> {
        self.read(|connection| {
            let rows = audit_ends::table.select(EndRow::as_select()).load(connection)?;
            Ok(row::ends(&rows))
        })
        .await
    }

    async fn cut(&self, after: i64, start: AuditEnd, effects: Effects) -> Result<bool, StoreError> {
        let key = self.audit_key.clone();
        self.write(move |connection| {
            let place = audit_ends::table.find("start").select(audit_ends::number);
            if place.first::<i64>(connection).optional()?.unwrap_or(0) != after {
                return Ok(false);
            }
            place_end(connection, AuditSide::Start, &start)?;
            let number = audit_seals::number;
            let between = number.gt(after).and(number.le(start.link.number));
            let cut = audit_seals::table.filter(between).select(number.nullable());
            diesel::delete(audit_log::table).filter(audit_log::sealed_by.eq_any(cut)).execute(connection)?;
            diesel::delete(audit_seals::table.filter(between)).execute(connection)?;
            effects::apply(connection, &key, &effects, None)?;
            Ok(true)
        })
        .await
    }

    async fn seals(&self, after: i64, limit: u32) -> Result<Vec<AuditSeal>, StoreError> {
        self.read(move |connection| {
            let rows = audit_seals::table
                .filter(audit_seals::number.gt(after))
                .order(audit_seals::number)
                .limit(limit.into())
                .select(SealRow::as_select())
                .load(connection)?;
            Ok(rows.into_iter().map(AuditSeal::from).collect())
        })
        .await
    }

    async fn rows(&self, after: i64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        self.read(move |connection| {
            let rows = audit_log::table
                .filter(audit_log::id.gt(after))
                .order(audit_log::id)
                .limit(limit.into())
                .select(EventRow::as_select())
                .load(connection)?;
            Ok(records(rows))
        })
        .await
    }

    async fn rows_of(&self, number: i64, after: i64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        self.read(move |connection| {
            let rows = audit_log::table
                .filter(audit_log::sealed_by.eq(number))
                .filter(audit_log::id.gt(after))
                .order(audit_log::id)
                .limit(limit.into())
                .select(EventRow::as_select())
                .load(connection)?;
            Ok(records(rows))
        })
        .await
    }

    async fn has_twin(&self, row: &AuditRecord, number: i64) -> Result<bool, StoreError> {
        let (id, at, mac) = (row.id, micros(row.event.at), row.mac.0.to_vec());
        self.read(move |connection| {
            let twin = audit_log::table
                .filter(audit_log::at.eq(at))
                .filter(audit_log::mac.eq(mac))
                .filter(audit_log::id.ne(id))
                .filter(audit_log::sealed_by.le(number));
            Ok(diesel::select(exists(twin)).get_result(connection)?)
        })
        .await
    }

    async fn search(
        &self,
        filter: &AuditFilter,
        before: Option<AuditPlace>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        let filter = filter.clone();
        self.read(move |connection| {
            Ok(records(find::find(&filter, before, limit).load::<EventRow>(connection)?))
        })
        .await
    }
}

fn append(
    connection: &mut SqliteConnection,
    last: i64,
    seal: &AuditSeal,
    end: &AuditEnd,
) -> Result<bool, Failure> {
    let number: Option<i64> = audit_seals::table.select(max(audit_seals::number)).first(connection)?;
    if number.unwrap_or(0) != last || seal.number <= last {
        return Ok(false);
    }
    for (id, _) in &seal.rows {
        // Somebody sealed it since the caller looked: the caller has to look again.
        let unsealed = audit_log::table.find(id).filter(audit_log::sealed_by.is_null());
        if !diesel::select(exists(unsealed)).get_result::<bool>(connection)? {
            return Ok(false);
        }
    }
    diesel::insert_into(audit_seals::table)
        .values((
            audit_seals::number.eq(seal.number),
            audit_seals::covers.eq(row::covers(seal)),
            audit_seals::at.eq(micros(seal.at)),
            audit_seals::mac.eq(seal.mac.0.as_slice()),
        ))
        .execute(connection)?;
    for (id, _) in &seal.rows {
        diesel::update(audit_log::table.find(id))
            .set(audit_log::sealed_by.eq(seal.number))
            .execute(connection)?;
    }
    place_end(connection, AuditSide::End, end)?;
    Ok(true)
}

fn place_end(connection: &mut SqliteConnection, side: AuditSide, end: &AuditEnd) -> Result<(), Failure> {
    let place = (
        audit_ends::number.eq(end.link.number),
        audit_ends::digest.eq(end.link.digest.0.to_vec()),
        audit_ends::row_count.eq(end.rows),
        audit_ends::last_row.eq(end.last_row),
        audit_ends::at.eq(micros(end.at)),
        audit_ends::mac.eq(end.mac.0.to_vec()),
    );
    diesel::insert_into(audit_ends::table)
        .values((audit_ends::which.eq(side.as_str()), place.clone()))
        .on_conflict(audit_ends::which)
        .do_update()
        .set(place)
        .execute(connection)?;
    Ok(())
}

fn records(rows: Vec<EventRow>) -> Vec<AuditRecord> {
    rows.into_iter().map(AuditRecord::from).collect()
}

//! The port `AuditLog`. That nothing changes or removes a row is the triggers' work; see the first migration.

use crate::failure::Failure;
use crate::rows::{Row, micros};
use crate::schema::{audit_log, audit_seals};
use crate::store::SqliteStore;
use async_trait::async_trait;
use diesel::dsl::{exists, max};
use diesel::prelude::*;
use evently_auth_domain::account::UserId;
use evently_auth_domain::audit::{AuditAction, AuditEvent, AuditMac, AuditOutcome, AuditRecord, AuditSeal};
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::AuditLog;
use evently_auth_domain::session::Sid;

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
            records(rows)
        })
        .await
    }

    async fn append_seal(&self, seal: AuditSeal) -> Result<bool, StoreError> {
        self.write(move |connection| append(connection, &seal)).await
    }

    async fn last_seal(&self) -> Result<Option<AuditSeal>, StoreError> {
        self.read(|connection| {
            let row = audit_seals::table
                .order(audit_seals::number.desc())
                .select(SealRow::as_select())
                .first(connection)
                .optional()?;
            Ok(row.map(AuditSeal::try_from).transpose()?)
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
            Ok(rows.into_iter().map(AuditSeal::try_from).collect::<Result<_, _>>()?)
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
            records(rows)
        })
        .await
    }

    async fn rows_of(&self, number: i64) -> Result<Vec<AuditRecord>, StoreError> {
        self.read(move |connection| {
            let rows = audit_log::table
                .filter(audit_log::sealed_by.eq(number))
                .order(audit_log::id)
                .select(EventRow::as_select())
                .load(connection)?;
            records(rows)
        })
        .await
    }
}

fn append(connection: &mut SqliteConnection, seal: &AuditSeal) -> Result<bool, Failure> {
    let last: Option<i64> = audit_seals::table.select(max(audit_seals::number)).first(connection)?;
    if seal.number != last.unwrap_or(0) + 1 {
        return Ok(false);
    }
    for (id, _) in &seal.rows {
        // Somebody sealed it since the caller looked: the caller has to look again.
        let unsealed = audit_log::table.find(id).filter(audit_log::sealed_by.is_null());
        if !diesel::select(exists(unsealed)).get_result::<bool>(connection)? {
            return Ok(false);
        }
    }
    let covers: Vec<u8> =
        seal.rows.iter().flat_map(|(id, mac)| id.to_be_bytes().into_iter().chain(mac.0)).collect();
    diesel::insert_into(audit_seals::table)
        .values((
            audit_seals::number.eq(seal.number),
            audit_seals::covers.eq(covers),
            audit_seals::at.eq(micros(seal.at)),
            audit_seals::mac.eq(seal.mac.0.as_slice()),
        ))
        .execute(connection)?;
    for (id, _) in &seal.rows {
        diesel::update(audit_log::table.find(id))
            .set(audit_log::sealed_by.eq(seal.number))
            .execute(connection)?;
    }
    Ok(true)
}

fn records(rows: Vec<EventRow>) -> Result<Vec<AuditRecord>, Failure> {
    Ok(rows.into_iter().map(AuditRecord::try_from).collect::<Result<_, _>>()?)
}

/// Every column of `audit_log`.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_log, check_for_backend(diesel::sqlite::Sqlite))]
struct EventRow {
    id: i64,
    at: i64,
    action: String,
    outcome: String,
    actor: Option<i64>,
    subject: Option<i64>,
    sid: Option<String>,
    ip_address: Option<String>,
    user_agent: Option<String>,
    request_id: Option<String>,
    detail: Option<String>,
    mac: Vec<u8>,
    sealed_by: Option<i64>,
}

impl TryFrom<EventRow> for AuditRecord {
    type Error = StoreError;

    fn try_from(event: EventRow) -> Result<Self, StoreError> {
        let row = Row { table: "audit_log", id: event.id };
        Ok(Self {
            id: event.id,
            event: AuditEvent {
                at: row.time("at", event.at)?,
                action: row.value("action", AuditAction::parse(&event.action))?,
                outcome: row.value("outcome", AuditOutcome::parse(&event.outcome))?,
                actor: event.actor.map(UserId),
                subject: event.subject.map(UserId),
                sid: row.optional("sid", event.sid, |text| Sid::parse(&text))?,
                ip_address: row.optional("ip_address", event.ip_address, |text| text.parse().ok())?,
                user_agent: event.user_agent,
                request_id: event.request_id,
                detail: event.detail,
            },
            mac: AuditMac(row.digest("mac", event.mac)?),
            sealed_by: event.sealed_by,
        })
    }
}

/// Every column of `audit_seals`.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_seals, check_for_backend(diesel::sqlite::Sqlite))]
struct SealRow {
    number: i64,
    covers: Vec<u8>,
    at: i64,
    mac: Vec<u8>,
}

impl TryFrom<SealRow> for AuditSeal {
    type Error = StoreError;

    fn try_from(seal: SealRow) -> Result<Self, StoreError> {
        let row = Row { table: "audit_seals", id: seal.number };
        Ok(Self {
            number: seal.number,
            rows: row.value("covers", covered(&seal.covers))?,
            at: row.time("at", seal.at)?,
            mac: AuditMac(row.digest("mac", seal.mac)?),
        })
    }
}

/// Ids and digests, 40 bytes each.
fn covered(bytes: &[u8]) -> Option<Vec<(i64, AuditMac)>> {
    let (rows, rest) = bytes.as_chunks::<40>();
    let row = |row: &[u8; 40]| {
        let (id, mac) = row.split_first_chunk()?;
        Some((i64::from_be_bytes(*id), AuditMac(mac.try_into().ok()?)))
    };
    if rest.is_empty() { rows.iter().map(row).collect() } else { None }
}

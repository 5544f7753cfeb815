//! Rows of the audit and their seals.

use crate::rows::Row;
use crate::schema::{audit_log, audit_seals};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use evently_auth_domain::account::UserId;
use evently_auth_domain::audit::{AuditAction, AuditEvent, AuditMac, AuditOutcome, AuditRecord, AuditSeal};
use evently_auth_domain::error::StoreError;
use evently_auth_domain::session::Sid;

/// Every column of `audit_log`.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_log, check_for_backend(diesel::pg::Pg))]
pub(super) struct EventRow {
    id: i64,
    at: DateTime<Utc>,
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
                at: event.at,
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
#[diesel(table_name = audit_seals, check_for_backend(diesel::pg::Pg))]
pub(super) struct SealRow {
    number: i64,
    covers: Vec<u8>,
    at: DateTime<Utc>,
    mac: Vec<u8>,
}

impl TryFrom<SealRow> for AuditSeal {
    type Error = StoreError;

    fn try_from(seal: SealRow) -> Result<Self, StoreError> {
        let row = Row { table: "audit_seals", id: seal.number };
        Ok(Self {
            number: seal.number,
            rows: row.value("covers", covered(&seal.covers))?,
            at: seal.at,
            mac: AuditMac(row.digest("mac", seal.mac)?),
        })
    }
}

/// What `seal` covers as it is stored: ids and digests, 40 bytes each.
pub(super) fn covers(seal: &AuditSeal) -> Vec<u8> {
    seal.rows.iter().flat_map(|(id, mac)| id.to_be_bytes().into_iter().chain(mac.0)).collect()
}

/// The opposite of [`covers`].
fn covered(bytes: &[u8]) -> Option<Vec<(i64, AuditMac)>> {
    let (rows, rest) = bytes.as_chunks::<40>();
    let row = |row: &[u8; 40]| {
        let (id, mac) = row.split_first_chunk()?;
        Some((i64::from_be_bytes(*id), AuditMac(mac.try_into().ok()?)))
    };
    if rest.is_empty() { rows.iter().map(row).collect() } else { None }
}

//! Rows of the audit, their seals and the ends of the chain. What cannot be read is given as such: somebody
//! may have changed it, and that keeps nobody from the rest.

use crate::schema::{audit_ends, audit_log, audit_seals};
use chrono::{DateTime, Utc};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Timestamptz;
use evently_auth_domain::account::UserId;
use evently_auth_domain::audit::{
    AuditAction, AuditEnd, AuditEnds, AuditEvent, AuditLink, AuditMac, AuditOutcome, AuditRecord, AuditSeal,
};
use evently_auth_domain::session::Sid;

type Time = DateTime<Utc>;
type ReadableTime = SqlLiteral<Timestamptz>;

/// PostgreSQL has times that the domain does not, infinite ones among them. The nearest one proves nothing either.
const READABLE_TIME: &str =
    "least(greatest(at, '0001-01-01 00:00:00Z'::timestamptz), '9999-12-31 23:59:59Z'::timestamptz)";

fn readable_time() -> ReadableTime {
    diesel::dsl::sql(READABLE_TIME)
}

/// Every column of `audit_log`.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_log, check_for_backend(diesel::pg::Pg))]
pub(super) struct EventRow {
    id: i64,
    #[diesel(select_expression = readable_time(), select_expression_type = ReadableTime)]
    at: Time,
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

impl From<EventRow> for AuditRecord {
    fn from(row: EventRow) -> Self {
        let (id, at, mac, sealed_by) = (row.id, row.at, digest(&row.mac), row.sealed_by);
        match event(row) {
            Some(event) => Self { id, event, mac, sealed_by },
            None => Self::unreadable(id, at, mac, sealed_by),
        }
    }
}

fn event(row: EventRow) -> Option<AuditEvent> {
    Some(AuditEvent {
        at: row.at,
        action: AuditAction::parse(&row.action)?,
        outcome: AuditOutcome::parse(&row.outcome)?,
        actor: row.actor.map(UserId),
        subject: row.subject.map(UserId),
        sid: readable(row.sid, |text| Sid::parse(&text))?,
        ip_address: readable(row.ip_address, |text| text.parse().ok())?,
        user_agent: row.user_agent,
        request_id: row.request_id,
        detail: row.detail,
    })
}

/// Nothing when there is a value and it cannot be read.
fn readable<C, T>(content: Option<C>, parse: impl FnOnce(C) -> Option<T>) -> Option<Option<T>> {
    match content {
        Some(content) => parse(content).map(Some),
        None => Some(None),
    }
}

/// A digest of another length is none that we made.
fn digest(bytes: &[u8]) -> AuditMac {
    AuditMac(bytes.try_into().unwrap_or_default())
}

/// Every column of `audit_seals`.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_seals, check_for_backend(diesel::pg::Pg))]
pub(super) struct SealRow {
    number: i64,
    covers: Vec<u8>,
    #[diesel(select_expression = readable_time(), select_expression_type = ReadableTime)]
    at: Time,
    mac: Vec<u8>,
}

impl From<SealRow> for AuditSeal {
    fn from(row: SealRow) -> Self {
        Self {
            number: row.number,
            rows: covered(&row.covers).unwrap_or_default(),
            at: row.at,
            mac: digest(&row.mac),
        }
    }
}

/// Every column of `audit_ends`.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_ends, check_for_backend(diesel::pg::Pg))]
pub(super) struct EndRow {
    which: String,
    number: i64,
    digest: Vec<u8>,
    row_count: i64,
    last_row: i64,
    #[diesel(select_expression = readable_time(), select_expression_type = ReadableTime)]
    at: Time,
    mac: Vec<u8>,
}

impl EndRow {
    fn end(&self) -> AuditEnd {
        AuditEnd {
            link: AuditLink { number: self.number, digest: digest(&self.digest) },
            rows: self.row_count,
            last_row: self.last_row,
            at: self.at,
            mac: digest(&self.mac),
        }
    }
}

/// The ends as they are stored.
pub(super) fn ends(rows: &[EndRow]) -> AuditEnds {
    let side = |which| rows.iter().find(|row| row.which == which).map(EndRow::end);
    AuditEnds { start: side("start"), end: side("end") }
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

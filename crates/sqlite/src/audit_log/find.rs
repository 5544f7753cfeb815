//! The statement of the listing: newest first, from where the last page ended.

use super::row::EventRow;
use crate::rows::micros;
use crate::schema::audit_log;
use diesel::dsl::{AsSelect, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use diesel::sqlite::Sqlite;
use evently_auth_domain::audit::{AuditFilter, AuditOutcome, AuditPlace};

type Found<'a> = diesel::helper_types::IntoBoxed<
    'a,
    diesel::dsl::Select<audit_log::table, AsSelect<EventRow, Sqlite>>,
    Sqlite,
>;

/// At most `limit` rows that match, those behind `before` alone.
pub(super) fn find(filter: &AuditFilter, before: Option<AuditPlace>, limit: u32) -> Found<'_> {
    let mut rows = audit_log::table.select(EventRow::as_select()).into_boxed();
    if let Some((at, id)) = before {
        let place = sql::<Bool>("(at, id) < (").bind::<BigInt, _>(micros(at));
        rows = rows.filter(place.sql(", ").bind::<BigInt, _>(id).sql(")"));
    }
    if let Some(actor) = filter.actor {
        rows = rows.filter(audit_log::actor.eq(actor.0));
    }
    if let Some(subject) = filter.subject {
        rows = rows.filter(audit_log::subject.eq(subject.0));
    }
    if let Some(action) = filter.action {
        rows = rows.filter(audit_log::action.eq(action.as_str()));
    }
    // Not as a value: the plan for any value could not use the index of failures.
    rows = match filter.outcome {
        Some(AuditOutcome::Failure) => rows.filter(sql::<Bool>("outcome = 'failure'")),
        Some(AuditOutcome::Success) => rows.filter(sql::<Bool>("outcome = 'success'")),
        None => rows,
    };
    if let Some(address) = filter.ip_address {
        rows = rows.filter(audit_log::ip_address.eq(address.to_string()));
    }
    if let Some(request_id) = &filter.request_id {
        rows = rows.filter(audit_log::request_id.eq(request_id));
    }
    if let Some(since) = filter.since {
        rows = rows.filter(audit_log::at.ge(micros(since)));
    }
    if let Some(until) = filter.until {
        rows = rows.filter(audit_log::at.lt(micros(until)));
    }
    rows.order((audit_log::at.desc(), audit_log::id.desc())).limit(limit.into())
}

//! An event of the audit, as administrators see it: without the session's name, which is part of tokens.

use super::responses::time;
use chrono::{DateTime, Utc};
use evently_auth_domain::audit::AuditRecord;
use serde::Serialize;
use std::net::IpAddr;
use utoipa::ToSchema;

/// Who did what to whom, from where, and how it ended.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEvent)]
pub(crate) struct AuditEventResponse<'a> {
    #[schema(minimum = 1, examples(4711))]
    id: i64,
    #[serde(serialize_with = "time")]
    #[schema(examples("2026-01-31T09:26:53.589793Z"))]
    at: DateTime<Utc>,
    #[schema(examples("session.logged_in"))]
    action: &'static str,
    #[schema(pattern = "^(success|failure)$", examples("success"))]
    outcome: &'static str,
    /// The account that did it, when that is known.
    #[schema(required, examples(17))]
    actor: Option<i64>,
    /// The account that it was done to.
    #[schema(required, examples(17))]
    subject: Option<i64>,
    #[schema(required, value_type = Option<String>, examples("192.0.2.1"))]
    ip_address: Option<IpAddr>,
    #[schema(required)]
    user_agent: Option<&'a str>,
    #[schema(required)]
    request_id: Option<&'a str>,
    #[schema(required)]
    detail: Option<&'a str>,
    /// Whether it is part of the sealed chain already.
    sealed: bool,
}

impl<'a> From<&'a AuditRecord> for AuditEventResponse<'a> {
    fn from(record: &'a AuditRecord) -> Self {
        let event = &record.event;
        Self {
            id: record.id,
            at: event.at,
            action: event.action.as_str(),
            outcome: event.outcome.as_str(),
            actor: event.actor.map(|actor| actor.0),
            subject: event.subject.map(|subject| subject.0),
            ip_address: event.ip_address,
            user_agent: event.user_agent.as_deref(),
            request_id: event.request_id.as_deref(),
            detail: event.detail.as_deref(),
            sealed: record.sealed_by.is_some(),
        }
    }
}

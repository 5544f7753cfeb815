//! A waiting mail as a row.

use crate::effects;
use crate::rows::Row;
use crate::schema::outbox;
use crate::statement::SqlOf;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use evently_auth_domain::account::EmailAddress;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::mail::{MailEntry, MailId, MailJob, MailKind, MailStatus, Priority, SealedMail};

/// Every column of `outbox` that is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox, check_for_backend(diesel::pg::Pg))]
pub(super) struct MailRow {
    pub(super) id: i64,
    message_id: String,
    kind: String,
    priority: i64,
    recipient: String,
    payload: Option<Vec<u8>>,
    expires_at: Option<DateTime<Utc>>,
    request_id: String,
    created_at: DateTime<Utc>,
    status: String,
    attempts: i64,
    next_attempt_at: DateTime<Utc>,
    pub(super) lease: i64,
    last_error: Option<String>,
}

/// What a statement yields that selects a [`MailRow`].
pub(super) type MailSql = SqlOf<MailRow>;

impl MailRow {
    fn row(&self) -> Row<i64> {
        Row { table: "outbox", id: self.id }
    }
}

impl TryFrom<MailRow> for MailJob {
    type Error = StoreError;

    fn try_from(mail: MailRow) -> Result<Self, StoreError> {
        let row = mail.row();
        let priority =
            [Priority::Code, Priority::Notice].into_iter().find(|p| effects::rank(*p) == mail.priority);
        Ok(Self {
            id: MailId(mail.id),
            lease: mail.lease,
            attempt: row.number("attempts", mail.attempts)?,
            mail: SealedMail {
                message_id: mail.message_id,
                kind: row.value("kind", MailKind::parse(&mail.kind))?,
                priority: row.value("priority", priority)?,
                to: row.value("recipient", EmailAddress::parse(&mail.recipient).ok())?,
                payload: row.value("payload", mail.payload)?,
                expires_at: mail.expires_at,
                request_id: mail.request_id,
                created_at: mail.created_at,
            },
        })
    }
}

impl TryFrom<MailRow> for MailEntry {
    type Error = StoreError;

    fn try_from(mail: MailRow) -> Result<Self, StoreError> {
        let row = mail.row();
        Ok(Self {
            id: MailId(mail.id),
            message_id: mail.message_id,
            kind: row.value("kind", MailKind::parse(&mail.kind))?,
            to: row.value("recipient", EmailAddress::parse(&mail.recipient).ok())?,
            status: row.value("status", MailStatus::parse(&mail.status))?,
            attempts: row.number("attempts", mail.attempts)?,
            next_attempt_at: mail.next_attempt_at,
            last_error: mail.last_error,
            created_at: mail.created_at,
        })
    }
}

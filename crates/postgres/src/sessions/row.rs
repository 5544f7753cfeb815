//! A session as a row.

use crate::rows::Row;
use crate::schema::user_sessions;
use crate::statement::SqlOf;
use crate::users::UserRow;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use evently_auth_domain::account::UserId;
use evently_auth_domain::client::UserAgent;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::session::{Generation, LiveSession, Seed, Session, SessionId, Sid};

/// Every column of `user_sessions`.
#[derive(Queryable, Selectable)]
#[diesel(table_name = user_sessions, check_for_backend(diesel::pg::Pg))]
pub(super) struct SessionRow {
    id: i64,
    user_id: i64,
    session_token: String,
    seed: Vec<u8>,
    generation: i64,
    seen_generation: Option<i64>,
    rotated_at: Option<DateTime<Utc>>,
    is_active: bool,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    last_accessed: DateTime<Utc>,
    ip_address: Option<String>,
    user_agent: Option<String>,
    last_ip_address: Option<String>,
    last_user_agent: Option<String>,
}

/// What a statement yields that selects a session with its owner.
pub(super) type LiveSql = (SqlOf<SessionRow>, SqlOf<UserRow>);

/// A session with its owner, in this order.
pub(super) type LiveRow = (SessionRow, UserRow);

pub(super) fn live((session, user): LiveRow) -> Result<LiveSession, StoreError> {
    Ok(LiveSession { session: session.try_into()?, user: user.try_into()? })
}

impl TryFrom<SessionRow> for Session {
    type Error = StoreError;

    fn try_from(session: SessionRow) -> Result<Self, StoreError> {
        let row = Row { table: "user_sessions", id: session.id };
        let ip = |text: String| text.parse().ok();
        let agent = |text: String| UserAgent::parse(&text);
        Ok(Self {
            id: SessionId(session.id),
            sid: row.value("session_token", Sid::parse(&session.session_token))?,
            user_id: UserId(session.user_id),
            seed: Seed::from_bytes(row.digest("seed", session.seed)?),
            generation: Generation(session.generation),
            seen_generation: session.seen_generation.map(Generation),
            rotated_at: session.rotated_at,
            is_active: session.is_active,
            created_at: session.created_at,
            expires_at: session.expires_at,
            last_accessed: session.last_accessed,
            ip_address: row.optional("ip_address", session.ip_address, ip)?,
            user_agent: row.optional("user_agent", session.user_agent, agent)?,
            last_ip_address: row.optional("last_ip_address", session.last_ip_address, ip)?,
            last_user_agent: row.optional("last_user_agent", session.last_user_agent, agent)?,
        })
    }
}

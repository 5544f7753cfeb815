//! A session as a row.

use crate::rows::Row;
use crate::schema::user_sessions;
use diesel::prelude::*;
use evently_auth_domain::account::UserId;
use evently_auth_domain::client::UserAgent;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::session::{Generation, Seed, Session, SessionId, Sid};

/// Every column of `user_sessions`.
#[derive(Queryable, Selectable)]
#[diesel(table_name = user_sessions, check_for_backend(diesel::sqlite::Sqlite))]
pub(super) struct SessionRow {
    id: i64,
    user_id: i64,
    session_token: String,
    seed: Vec<u8>,
    generation: i64,
    seen_generation: Option<i64>,
    rotated_at: Option<i64>,
    is_active: bool,
    created_at: i64,
    expires_at: i64,
    last_accessed: i64,
    ip_address: Option<String>,
    user_agent: Option<String>,
    last_ip_address: Option<String>,
    last_user_agent: Option<String>,
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
            rotated_at: row.optional_time("rotated_at", session.rotated_at)?,
            is_active: session.is_active,
            created_at: row.time("created_at", session.created_at)?,
            expires_at: row.time("expires_at", session.expires_at)?,
            last_accessed: row.time("last_accessed", session.last_accessed)?,
            ip_address: row.optional("ip_address", session.ip_address, ip)?,
            user_agent: row.optional("user_agent", session.user_agent, agent)?,
            last_ip_address: row.optional("last_ip_address", session.last_ip_address, ip)?,
            last_user_agent: row.optional("last_user_agent", session.last_user_agent, agent)?,
        })
    }
}

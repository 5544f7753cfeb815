//! The port `Sessions`.

mod row;
mod steps;

use crate::effects;
use crate::rows::micros;
use crate::schema::user_sessions;
use crate::store::SqliteStore;
use async_trait::async_trait;
use chrono::TimeDelta;
use diesel::prelude::*;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::UserId;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{Opened, Rotation, Sessions, SessionsToEnd, UnchangedPassword};
use evently_auth_domain::refresh::TokenProof;
use evently_auth_domain::session::{LiveSession, NewSession, Session, Sid, Touch};
use row::SessionRow;

#[async_trait]
impl Sessions for SqliteStore {
    async fn open(
        &self,
        new: NewSession,
        password: UnchangedPassword,
        effects: Effects,
    ) -> Result<Opened, StoreError> {
        let key = self.audit_key.clone();
        self.write(move |connection| steps::open(connection, &key, &new, &password, &effects)).await
    }

    async fn find(&self, sid: &Sid) -> Result<Option<LiveSession>, StoreError> {
        let sid = sid.clone();
        self.read(move |connection| steps::live(connection, &sid)).await
    }

    async fn rotate(
        &self,
        sid: &Sid,
        proof: &TokenProof,
        at: Timestamp,
        idle_limit: Option<TimeDelta>,
    ) -> Result<Rotation, StoreError> {
        let (sid, proof) = (sid.clone(), proof.clone());
        self.write(move |connection| steps::rotate(connection, &sid, &proof, at, idle_limit)).await
    }

    async fn touch(&self, touch: Touch, effects: Effects) -> Result<(), StoreError> {
        let key = self.audit_key.clone();
        self.write(move |connection| steps::touch(connection, &key, &touch, &effects)).await
    }

    async fn list(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        self.read(move |connection| {
            let rows = user_sessions::table
                .filter(user_sessions::user_id.eq(user.0))
                .filter(user_sessions::is_active.eq(true))
                .filter(user_sessions::expires_at.gt(micros(now)))
                .order((user_sessions::created_at.desc(), user_sessions::id.desc()))
                .select(SessionRow::as_select())
                .load(connection)?;
            Ok(rows.into_iter().map(Session::try_from).collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn end(&self, which: SessionsToEnd, effects: Effects) -> Result<u64, StoreError> {
        let key = self.audit_key.clone();
        self.write(move |connection| {
            let owners = steps::end(connection, &which)?;
            if let Some(owner) = owners.first() {
                effects::apply(connection, &key, &effects, Some(*owner))?;
            }
            Ok(owners.len() as u64)
        })
        .await
    }

    async fn sweep_expired(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(move |connection| {
            let sessions = diesel::alias!(user_sessions as sessions);
            let end = sessions.field(user_sessions::expires_at);
            let expired = sessions.filter(end.le(micros(now))).order(end).limit(limit.into());
            let removed = diesel::delete(user_sessions::table)
                .filter(user_sessions::id.eq_any(expired.select(sessions.field(user_sessions::id))))
                .execute(connection)?;
            Ok(removed as u64)
        })
        .await
    }
}

//! The port `Sessions`.

mod row;
mod statements;

use crate::rows::all;
use crate::schema::user_sessions;
use crate::store::PgStore;
use async_trait::async_trait;
use chrono::TimeDelta;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::UserId;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{Opened, Rotation, Sessions, SessionsToEnd, UnchangedPassword};
use evently_auth_domain::refresh::TokenProof;
use evently_auth_domain::session::{LiveSession, NewSession, Session, Sid, Touch};
use row::{LiveRow, SessionRow, live};

#[async_trait]
impl Sessions for PgStore {
    async fn open(
        &self,
        new: NewSession,
        password: UnchangedPassword,
        effects: Effects,
    ) -> Result<Opened, StoreError> {
        let (new, password, effects) = (&new, &password, &effects);
        let row = self.write("sessions.open", move |connection| async move {
            let statement = statements::open(&self.audit_key, new, password, effects);
            Ok(statement.get_result::<LiveRow>(&mut connection.get()?).await.optional()?)
        });
        Ok(row.await?.map(live).transpose()?.map_or(Opened::Refused, Opened::Opened))
    }

    async fn find(&self, sid: &Sid) -> Result<Option<LiveSession>, StoreError> {
        let row = self.read("sessions.find", move |connection| async move {
            Ok(statements::find(sid).get_result::<LiveRow>(&mut connection.get()?).await.optional()?)
        });
        row.await?.map(live).transpose()
    }

    async fn rotate(
        &self,
        sid: &Sid,
        proof: &TokenProof,
        at: Timestamp,
        idle_limit: Option<TimeDelta>,
    ) -> Result<Rotation, StoreError> {
        let row = self.write("sessions.rotate", move |connection| async move {
            let statement = statements::rotate(sid, proof, at, idle_limit);
            Ok(statement.get_result::<(bool, LiveRow)>(&mut connection.get()?).await.optional()?)
        });
        let Some((moved, row)) = row.await? else { return Ok(Rotation::Ended) };
        let held = live(row)?;
        Ok(if moved {
            Rotation::Rotated(held)
        } else if held.session.is_live(at, idle_limit) && held.user.is_active {
            Rotation::Unmoved(held)
        } else {
            Rotation::Ended
        })
    }

    async fn touch(&self, touch: Touch, effects: Effects) -> Result<(), StoreError> {
        let (touch, effects) = (&touch, &effects);
        self.write("sessions.touch", move |connection| async move {
            statements::touch(&self.audit_key, touch, effects).execute(&mut connection.get()?).await?;
            Ok(())
        })
        .await
    }

    async fn list(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let rows = self.read("sessions.list", move |connection| async move {
            let rows = user_sessions::table
                .filter(user_sessions::user_id.eq(user.0))
                .filter(user_sessions::is_active)
                .filter(user_sessions::expires_at.gt(now))
                .order((user_sessions::created_at.desc(), user_sessions::id.desc()))
                .select(SessionRow::as_select());
            Ok(rows.load(&mut connection.get()?).await?)
        });
        all(rows.await?)
    }

    async fn end(&self, which: SessionsToEnd, effects: Effects) -> Result<u64, StoreError> {
        let (which, effects) = (&which, &effects);
        let ended = self.write("sessions.end", move |connection| async move {
            let statement = statements::end(&self.audit_key, which, effects);
            Ok(statement.get_result::<i64>(&mut connection.get()?).await?)
        });
        Ok(ended.await?.unsigned_abs())
    }

    async fn sweep_expired(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.sweep(&self.sweeps.sessions, now, limit).await
    }
}

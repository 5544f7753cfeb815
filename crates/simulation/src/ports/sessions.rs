//! `Sessions` behind the gate.

use super::Gated;
use async_trait::async_trait;
use chrono::TimeDelta;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::UserId;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{Opened, Rotation, Sessions, SessionsToEnd, UnchangedPassword};
use evently_auth_domain::refresh::TokenProof;
use evently_auth_domain::session::{LiveSession, NewSession, Session, Sid, Touch};

#[async_trait]
impl<P: Sessions> Sessions for Gated<P> {
    async fn open(
        &self,
        new: NewSession,
        password: UnchangedPassword,
        effects: Effects,
    ) -> Result<Opened, StoreError> {
        self.gate.pass("sessions.open", self.port.open(new, password, effects)).await
    }

    async fn find(&self, sid: &Sid) -> Result<Option<LiveSession>, StoreError> {
        self.gate.pass("sessions.find", self.port.find(sid)).await
    }

    async fn find_fresh(&self, sid: &Sid) -> Result<Option<LiveSession>, StoreError> {
        self.gate.pass("sessions.find_fresh", self.port.find_fresh(sid)).await
    }

    async fn rotate(
        &self,
        sid: &Sid,
        proof: &TokenProof,
        at: Timestamp,
        idle_limit: Option<TimeDelta>,
    ) -> Result<Rotation, StoreError> {
        self.gate.pass("sessions.rotate", self.port.rotate(sid, proof, at, idle_limit)).await
    }

    async fn touch(&self, touch: Touch, effects: Effects) -> Result<(), StoreError> {
        self.gate.pass("sessions.touch", self.port.touch(touch, effects)).await
    }

    async fn list(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        self.gate.pass("sessions.list", self.port.list(user, now)).await
    }

    async fn end(&self, which: SessionsToEnd, effects: Effects) -> Result<u64, StoreError> {
        self.gate.pass("sessions.end", self.port.end(which, effects)).await
    }

    async fn sweep_expired(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.gate.pass("sessions.sweep_expired", self.port.sweep_expired(now, limit)).await
    }
}

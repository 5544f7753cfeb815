//! `Sessions` in process.

use crate::state::{MemoryStore, State};
use async_trait::async_trait;
use chrono::TimeDelta;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::UserId;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{Opened, Rotation, Sessions, SessionsToEnd, UnchangedPassword};
use evently_auth_domain::refresh::TokenProof;
use evently_auth_domain::session::{Generation, LiveSession, NewSession, Session, SessionId, Sid, Touch};

#[async_trait]
impl Sessions for MemoryStore {
    async fn open(
        &self,
        new: NewSession,
        password: UnchangedPassword,
        effects: Effects,
    ) -> Result<Opened, StoreError> {
        let mut state = self.state()?;
        if state.sessions.contains_key(&new.sid) {
            return Err(StoreError::corrupt("the name of the session is in use"));
        }
        let id = SessionId(state.next_number());
        let Some(account) = state.users.get_mut(&new.user_id) else {
            return Ok(Opened::Refused);
        };
        if !account.user.is_active || !account.user.is_verified || account.password != password.verified {
            return Ok(Opened::Refused);
        }
        account.user.last_login = Some(new.at);
        if let Some(rehashed) = password.rehashed {
            account.password = rehashed;
        }
        let user = account.user.clone();
        state.write(effects, Some(user.id));
        let session = Session {
            id,
            sid: new.sid,
            user_id: user.id,
            seed: new.seed,
            generation: Generation::FIRST,
            seen_generation: None,
            rotated_at: None,
            is_active: true,
            created_at: new.at,
            expires_at: new.expires_at,
            last_accessed: new.at,
            ip_address: new.ip_address,
            user_agent: new.user_agent.clone(),
            last_ip_address: new.ip_address,
            last_user_agent: new.user_agent,
        };
        state.sessions.insert(session.sid.clone(), session.clone());
        Ok(Opened::Opened(LiveSession { session, user }))
    }

    async fn find(&self, sid: &Sid) -> Result<Option<LiveSession>, StoreError> {
        Ok(self.state()?.live_session(sid))
    }

    async fn rotate(
        &self,
        sid: &Sid,
        proof: &TokenProof,
        at: Timestamp,
        idle_limit: Option<TimeDelta>,
    ) -> Result<Rotation, StoreError> {
        let mut state = self.state()?;
        let Some(mut live) = state.live_session(sid) else {
            return Ok(Rotation::Ended);
        };
        if !live.user.is_active || !live.session.is_live(at, idle_limit) {
            return Ok(Rotation::Ended);
        }
        if live.session.generation != proof.generation || !proof.holds(&live.session.seed) {
            return Ok(Rotation::Unmoved(live));
        }
        let session = &mut live.session;
        session.generation = proof.generation.next();
        session.seen_generation = session.seen_generation.max(Some(proof.generation));
        session.rotated_at = Some(at);
        session.last_accessed = at;
        state.sessions.insert(sid.clone(), session.clone());
        Ok(Rotation::Rotated(live))
    }

    async fn touch(&self, touch: Touch, effects: Effects) -> Result<(), StoreError> {
        let mut state = self.state()?;
        let Some(session) = state.sessions.get_mut(&touch.sid) else {
            return Ok(());
        };
        session.note(&touch);
        let owner = session.user_id;
        state.write(effects, Some(owner));
        Ok(())
    }

    async fn list(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let state = self.state()?;
        let live = |session: &&Session| session.user_id == user && session.is_live(now, None);
        let mut sessions: Vec<_> = state.sessions.values().filter(live).cloned().collect();
        sessions.sort_by_key(|session| (session.created_at, session.id));
        sessions.reverse();
        Ok(sessions)
    }

    async fn end(&self, which: SessionsToEnd, effects: Effects) -> Result<u64, StoreError> {
        let mut state = self.state()?;
        let ended = state.end_sessions(|session| match &which {
            SessionsToEnd::One(sid) => session.sid == *sid,
            SessionsToEnd::Owned(owner, id) => session.user_id == *owner && session.id == *id,
            SessionsToEnd::AllOf(owner) => session.user_id == *owner,
            SessionsToEnd::OthersOf(owner, sid) => session.user_id == *owner && session.sid != *sid,
        });
        if ended > 0 {
            state.write(effects, None);
        }
        Ok(ended)
    }

    async fn sweep_expired(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut state = self.state()?;
        let expired = state.sessions.values().filter(|session| session.expires_at <= now);
        let sids: Vec<_> = expired.map(|session| session.sid.clone()).take(limit as usize).collect();
        for sid in &sids {
            state.sessions.remove(sid);
        }
        Ok(sids.len() as u64)
    }
}

impl State {
    /// A session with its owner; removing an account removes its sessions, so none is without.
    fn live_session(&self, sid: &Sid) -> Option<LiveSession> {
        let session = self.sessions.get(sid)?;
        let owner = self.users.get(&session.user_id)?;
        Some(LiveSession { session: session.clone(), user: owner.user.clone() })
    }
}

//! The caller's own sessions: what is open, and how to end it.

use crate::Auth;
use crate::access::Principal;
use crate::account::UserId;
use crate::audit::{AuditAction, AuditEvent, AuditOutcome};
use crate::client::Client;
use crate::effects::Effects;
use crate::error::StoreError;
use crate::ports::SessionsToEnd;
use crate::session::{Session, SessionId};

/// Why no session was ended.
#[derive(Debug, thiserror::Error)]
pub enum RevokeSessionError {
    /// There is no such session, or it is somebody else's; which is not told.
    #[error("no such session")]
    NotFound,
    /// Something broke.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Auth {
    /// The caller's live sessions, newest first.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn list_sessions(&self, principal: &Principal) -> Result<Vec<Session>, StoreError> {
        self.live_sessions(principal.user.id).await
    }

    /// Ends one of the caller's sessions, which may be the current one.
    ///
    /// # Errors
    /// See [`RevokeSessionError`].
    pub async fn revoke_session(
        &self,
        id: SessionId,
        principal: &Principal,
        client: &Client,
    ) -> Result<(), RevokeSessionError> {
        let effects = Effects::audit(self.revoked(principal, client).with(format!("session {}", id.0)));
        let which = SessionsToEnd::Owned(principal.user.id, id);
        match self.ports.sessions.end(which, effects).await? {
            0 => Err(RevokeSessionError::NotFound),
            _ => Ok(()),
        }
    }

    /// Ends all of the caller's sessions but the current one; says how many.
    ///
    /// # Errors
    /// When the store is away; then nothing happened.
    pub async fn revoke_other_sessions(
        &self,
        principal: &Principal,
        client: &Client,
    ) -> Result<u64, StoreError> {
        let effects = Effects::audit(self.revoked(principal, client).with("all others"));
        let which = SessionsToEnd::OthersOf(principal.user.id, principal.session.sid.clone());
        self.ports.sessions.end(which, effects).await
    }

    fn revoked(&self, principal: &Principal, client: &Client) -> AuditEvent {
        principal.event(AuditAction::SessionsRevoked, AuditOutcome::Success, client, self.now())
    }

    pub(crate) async fn live_sessions(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let now = self.now();
        let mut sessions = self.ports.sessions.list(user, now).await?;
        sessions.retain(|session| session.is_live(now, self.settings.session_idle_limit));
        Ok(sessions)
    }
}

//! Anybody's sessions.

use super::AdminError;
use crate::Auth;
use crate::access::Principal;
use crate::account::{Permission, UserId};
use crate::audit::AuditAction;
use crate::client::Client;
use crate::effects::Effects;
use crate::ports::SessionsToEnd;
use crate::session::Session;

impl Auth {
    /// The live sessions of an account, newest first.
    ///
    /// # Errors
    /// See [`AdminError`].
    pub async fn list_user_sessions(
        &self,
        id: UserId,
        principal: &Principal,
    ) -> Result<Vec<Session>, AdminError> {
        principal.require(Permission::ReadSessions)?;
        self.ports.users.find(id).await?.ok_or(AdminError::NotFound)?;
        Ok(self.live_sessions(id).await?)
    }

    /// Ends all sessions of an account, which may be the caller's; says how many.
    ///
    /// # Errors
    /// See [`AdminError`].
    pub async fn revoke_user_sessions(
        &self,
        id: UserId,
        principal: &Principal,
        client: &Client,
    ) -> Result<u64, AdminError> {
        principal.require(Permission::ManageSessions)?;
        self.ports.users.find(id).await?.ok_or(AdminError::NotFound)?;
        let effects = Effects::audit(self.admin_event(AuditAction::SessionsRevoked, id, principal, client));
        Ok(self.ports.sessions.end(SessionsToEnd::AllOf(id), effects).await?)
    }

    /// Removes expired sessions; says how many.
    ///
    /// # Errors
    /// See [`AdminError`].
    pub async fn cleanup_sessions(&self, principal: &Principal) -> Result<u64, AdminError> {
        principal.require(Permission::ManageSessions)?;
        Ok(self.sweep_sessions().await?)
    }
}

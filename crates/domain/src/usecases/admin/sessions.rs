//! Anybody's sessions.

use super::AdminError;
use crate::Auth;
use crate::access::Principal;
use crate::account::{Permission, UserId};
use crate::audit::{AuditAction, AuditEvent, AuditOutcome};
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
        client: &Client,
    ) -> Result<Vec<Session>, AdminError> {
        self.permit(Permission::ReadSessions, principal, client).await?;
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
        self.permit(Permission::ManageSessions, principal, client).await?;
        let event = self.admin_event(AuditAction::SessionsRevoked, id, principal, client);
        self.noting_refusal(event.clone(), async {
            self.ports.users.find(id).await?.ok_or(AdminError::NotFound)?;
            Ok(self.ports.sessions.end(SessionsToEnd::AllOf(id), Effects::audit(event)).await?)
        })
        .await
    }

    /// Removes expired sessions; says how many. What was done is in the audit when this returns.
    ///
    /// # Errors
    /// See [`AdminError`].
    pub async fn cleanup_sessions(&self, principal: &Principal, client: &Client) -> Result<u64, AdminError> {
        self.permit(Permission::ManageSessions, principal, client).await?;
        let removed = self.sweep_sessions().await?;
        let event = AuditEvent::new(AuditAction::SessionsCleaned, AuditOutcome::Success, client, self.now())
            .by(principal.user.id)
            .in_session(&principal.session.sid)
            .with(format!("{removed} expired sessions"));
        self.ports.outbox.put(Effects::audit(event)).await?;
        Ok(removed)
    }
}

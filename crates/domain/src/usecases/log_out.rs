//! The end of the caller's own session.

use crate::Auth;
use crate::access::Principal;
use crate::audit::{AuditAction, AuditEvent, AuditOutcome};
use crate::client::Client;
use crate::effects::Effects;
use crate::error::StoreError;
use crate::ports::SessionsToEnd;

impl Auth {
    /// Ends the caller's session; its tokens are dead.
    ///
    /// # Errors
    /// When the store is away; then the session goes on.
    pub async fn log_out(&self, principal: &Principal, client: &Client) -> Result<(), StoreError> {
        let event = AuditEvent::new(AuditAction::LoggedOut, AuditOutcome::Success, client, self.now())
            .by(principal.user.id)
            .about(principal.user.id)
            .in_session(&principal.session.sid);
        let which = SessionsToEnd::One(principal.session.sid.clone());
        self.ports.sessions.end(which, Effects::audit(event)).await?;
        Ok(())
    }
}

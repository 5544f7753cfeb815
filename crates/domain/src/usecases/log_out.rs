//! The end of the caller's own session.

use crate::Auth;
use crate::access::Principal;
use crate::audit::{AuditAction, AuditOutcome};
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
        let event = principal.event(AuditAction::LoggedOut, AuditOutcome::Success, client, self.now());
        let which = SessionsToEnd::One(principal.session.sid.clone());
        self.ports.sessions.end(which, Effects::audit(event)).await?;
        Ok(())
    }
}

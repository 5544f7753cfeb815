//! Whether a session may be used from where it is used (`SESSION_BINDING`).

use crate::Auth;
use crate::Timestamp;
use crate::audit::{AuditAction, AuditEvent, AuditOutcome};
use crate::client::Client;
use crate::effects::Effects;
use crate::error::StoreError;
use crate::session::Session;
use crate::settings::SessionBinding;

/// What the policy says of a use.
pub(crate) enum Use {
    /// Nothing new.
    Usual,
    /// Allowed, and worth a line in the audit, which travels with the note of the use.
    Moved(Effects),
    /// Not allowed.
    Refused,
}

impl Auth {
    /// Judges a use of `session` by `client`; a refusal is in the audit when this returns, if none of
    /// the same session was in the last minute.
    pub(crate) async fn judge_use(
        &self,
        session: &Session,
        client: &Client,
        now: Timestamp,
    ) -> Result<Use, StoreError> {
        let made_for = client.difference(session.ip_address, session.user_agent.as_ref());
        let last = client.difference(session.last_ip_address, session.last_user_agent.as_ref());
        let event = |outcome, detail| {
            AuditEvent::new(AuditAction::SessionMoved, outcome, client, now)
                .about(session.user_id)
                .in_session(&session.sid)
                .with(detail)
        };
        let refused = match self.settings.session_binding {
            SessionBinding::Off => return Ok(Use::Usual),
            SessionBinding::Record => false,
            SessionBinding::UserAgent => made_for.user_agent,
            SessionBinding::Ip => made_for.address,
            SessionBinding::Both => made_for.address || made_for.user_agent,
        };
        if refused {
            let event = event(AuditOutcome::Failure, made_for.describe());
            self.record_refusal(session.id, event).await?;
            return Ok(Use::Refused);
        }
        if made_for.is_any() && last.is_any() {
            return Ok(Use::Moved(Effects::audit(event(AuditOutcome::Success, made_for.describe()))));
        }
        Ok(Use::Usual)
    }
}

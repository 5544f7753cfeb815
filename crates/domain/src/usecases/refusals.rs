//! What was refused to somebody who is signed in is in the audit (ASVS 5.0, 16.3.2), without filling it: once a minute
//! for each session and kind of refusal.

use crate::Auth;
use crate::access::Principal;
use crate::account::Permission;
use crate::audit::{AuditAction, AuditEvent, AuditOutcome};
use crate::client::Client;
use crate::effects::Effects;
use crate::error::StoreError;
use crate::limits::{Admission, Budget, Limit, LimitKey, WhenAway};
use crate::session::SessionId;
use crate::usecases::admin::AdminError;
use chrono::TimeDelta;

/// One in a minute.
const RECORDED: Limit = Limit { max: 1, window: TimeDelta::minutes(1) };

impl Auth {
    /// Asks for a permission; a refusal is in the audit when this returns.
    ///
    /// # Errors
    /// [`AdminError::Forbidden`], or when something broke.
    pub async fn permit(
        &self,
        permission: Permission,
        principal: &Principal,
        client: &Client,
    ) -> Result<(), AdminError> {
        if principal.require(permission).is_ok() {
            return Ok(());
        }
        let event = principal
            .event(AuditAction::PermissionDenied, AuditOutcome::Failure, client, self.now())
            .with(permission.as_str());
        self.record_refusal(principal.session.id, event).await?;
        Err(AdminError::Forbidden)
    }

    /// Writes down what was refused to `session`, unless the same was a moment ago.
    pub(crate) async fn record_refusal(
        &self,
        session: SessionId,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        let what = event.action.as_str();
        let key = LimitKey::new("refusal", format_args!("{what}|{}", session.0), WhenAway::CountHere);
        let budget = Budget { key, limit: RECORDED };
        match self.ports.rate_limits.acquire(&[budget]).await {
            Ok(Admission::Refused(_)) => Ok(()),
            // Rather one too many than none.
            Ok(Admission::Admitted(_)) | Err(_) => self.ports.outbox.put(Effects::audit(event)).await,
        }
    }
}

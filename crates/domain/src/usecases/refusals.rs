//! What was refused is in the audit (ASVS 5.0, 16.3.2), without filling it. To somebody who is signed in: once a minute for
//! each session and kind of refusal. A login that a limit stood before: once a minute for each budget of failures, which is
//! that of a name and a network or that of a device, and ten times a minute for each network, whatever it types.

use crate::Auth;
use crate::access::Principal;
use crate::account::{Permission, UserId};
use crate::audit::{AuditAction, AuditEvent, AuditOutcome};
use crate::client::Client;
use crate::effects::Effects;
use crate::error::StoreError;
use crate::limits::{Admission, Budget, Limit, LimitKey, WhenAway};
use crate::session::SessionId;
use crate::usecases::admin::AdminError;
use crate::usecases::login_budgets::LoginAttempt;
use chrono::TimeDelta;
use std::fmt;

/// One in a minute.
const RECORDED: Limit = Limit { max: 1, window: TimeDelta::minutes(1) };
/// Of a network that types one name after the other.
const RECORDED_OF_NETWORK: Limit = Limit { max: 10, ..RECORDED };

/// How often `what` is recorded that was refused to `who`.
fn budget(what: AuditAction, who: impl fmt::Display, limit: Limit) -> Budget {
    let key = LimitKey::new("refusal", format_args!("{}|{who}", what.as_str()), WhenAway::CountHere);
    Budget { key, limit }
}

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
        let budget = budget(event.action, session.0, RECORDED);
        self.record_within(&[budget], event).await
    }

    /// Writes down that a login to `account`, if there is one, was not looked at, unless the same was a moment ago.
    pub(crate) async fn record_throttled(
        &self,
        attempt: &LoginAttempt,
        account: Option<UserId>,
        client: &Client,
    ) -> Result<(), StoreError> {
        let action = AuditAction::LoggedIn;
        let event = AuditEvent::new(action, AuditOutcome::Failure, client, self.now()).with("rate limited");
        let budgets = [
            budget(action, attempt.failures.key.as_str(), RECORDED),
            budget(action, client.network(), RECORDED_OF_NETWORK),
        ];
        self.record_within(&budgets, AuditEvent { subject: account, ..event }).await
    }

    async fn record_within(&self, budgets: &[Budget], event: AuditEvent) -> Result<(), StoreError> {
        match self.ports.rate_limits.acquire(budgets).await {
            Ok(Admission::Refused(_)) => Ok(()),
            // Rather one too many than none.
            Ok(Admission::Admitted(_)) | Err(_) => self.ports.outbox.put(Effects::audit(event)).await,
        }
    }
}

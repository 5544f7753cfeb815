//! Another verification code.

use crate::Auth;
use crate::account::EmailAddress;
use crate::audit::{AuditAction, AuditEvent, AuditOutcome};
use crate::client::Client;
use crate::code::{OneTimeCode, Purpose};
use crate::effects::Effects;
use crate::error::StoreError;
use crate::mail::{Mail, MailMessage, digits};
use crate::usecases::{LimitedRoute, RateLimited};

/// Why no code was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ResendCodeError {
    /// Too many codes for this address, or from this network.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// Something broke.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Auth {
    /// Sends a new code to an address that waits for one, and ends the old one. For any other address it does the
    /// same, as far as anybody can see.
    ///
    /// # Errors
    /// See [`ResendCodeError`].
    pub async fn resend_code(&self, email: &EmailAddress, client: &Client) -> Result<(), ResendCodeError> {
        let budgets = [self.code_budget(email), self.network_budget(LimitedRoute::RequestCode, client)];
        self.limited(client, &budgets, self.resend_admitted(email, client)).await
    }

    async fn resend_admitted(&self, email: &EmailAddress, client: &Client) -> Result<(), ResendCodeError> {
        let now = self.now();
        let mut event = AuditEvent::new(AuditAction::CodeRequested, AuditOutcome::Success, client, now)
            .with("verification");
        let waiting = self.ports.users.find_unproven(email).await?.filter(|user| user.is_active);
        let code = OneTimeCode::generate(self.ports.entropy.as_ref())?;
        let Some(user) = waiting else {
            event.outcome = AuditOutcome::Failure;
            let message = MailMessage::VerificationCode { code: digits(&code) };
            let mail = self.seal_for_nobody(message, client, now)?;
            self.keep_no_code(Purpose::VerifyEmail, email).await?;
            return Ok(self.ports.outbox.put(Effects::audit(event).mail(mail)).await?);
        };
        let message = if user.email == *email {
            MailMessage::VerificationCode { code: digits(&code) }
        } else {
            MailMessage::EmailChangeCode { code: digits(&code) }
        };
        let mail = self.seal(&Mail::to_address(email.clone(), user.display_name(), message), client, now)?;
        self.keep_code(Purpose::VerifyEmail, email, &code, user.id).await?;
        Ok(self.ports.outbox.put(Effects::audit(event.about(user.id)).mail(mail)).await?)
    }
}

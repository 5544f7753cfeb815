//! A code that sets a new password.

use crate::Auth;
use crate::account::{EmailAddress, Identifier};
use crate::audit::{AuditAction, AuditEvent, AuditOutcome};
use crate::client::Client;
use crate::code::{OneTimeCode, Purpose};
use crate::effects::Effects;
use crate::error::StoreError;
use crate::mail::{Mail, MailMessage, digits};
use crate::usecases::{LimitedRoute, RateLimited};

/// Why no code was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ForgotPasswordError {
    /// Too many codes for this address, or from this network.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// Something broke.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Auth {
    /// Sends a code to the address of an active account, and ends the old one. For any other address it does the
    /// same, as far as anybody can see.
    ///
    /// # Errors
    /// See [`ForgotPasswordError`].
    pub async fn forgot_password(
        &self,
        email: &EmailAddress,
        client: &Client,
    ) -> Result<(), ForgotPasswordError> {
        let budgets = [self.code_budget(email), self.network_budget(LimitedRoute::RequestCode, client)];
        self.limited(client, &budgets, self.forgot_admitted(email, client)).await
    }

    async fn forgot_admitted(
        &self,
        email: &EmailAddress,
        client: &Client,
    ) -> Result<(), ForgotPasswordError> {
        let now = self.now();
        let mut event = AuditEvent::new(AuditAction::CodeRequested, AuditOutcome::Success, client, now)
            .with("password reset");
        let found = self.ports.users.find_credentials(&Identifier::Email(email.clone())).await?;
        let code = OneTimeCode::generate(self.ports.entropy.as_ref())?;
        let message = MailMessage::PasswordResetCode { code: digits(&code) };
        let Some(user) = found.map(|found| found.user).filter(|user| user.is_active) else {
            event.outcome = AuditOutcome::Failure;
            let mail = self.seal_for_nobody(message, client, now)?;
            self.keep_no_code(Purpose::ResetPassword, email).await?;
            return Ok(self.ports.outbox.put(Effects::audit(event).mail(mail)).await?);
        };
        let mail = self.seal(&Mail::to_user(&user, message), client, now)?;
        self.keep_reset_code(email, &code, user.id).await?;
        Ok(self.ports.outbox.put(Effects::audit(event.about(user.id)).mail(mail)).await?)
    }
}

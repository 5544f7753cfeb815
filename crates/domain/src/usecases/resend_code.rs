//! Another verification code.

use crate::Auth;
use crate::account::{EmailAddress, User};
use crate::audit::{AuditAction, AuditEvent, AuditOutcome};
use crate::client::Client;
use crate::code::{OneTimeCode, Purpose};
use crate::effects::Effects;
use crate::error::StoreError;
use crate::mail::{Mail, MailMessage, digits};
use crate::usecases::{LimitedRoute, RateLimited};

/// How often a code is made, while the account behind its address changes.
const TRIES: usize = 3;

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
        Ok(self.send_code(email, client).await?)
    }

    /// Keeps a code for whoever waits for one at `email`, and mails it; the same work where nobody does. What was kept
    /// while a registration replaced the account is for nobody, so it is made anew.
    pub(crate) async fn send_code(&self, email: &EmailAddress, client: &Client) -> Result<(), StoreError> {
        let mut waiting = self.waiting_for_code(email).await?;
        for _ in 0..TRIES {
            let code = OneTimeCode::generate(self.ports.entropy.as_ref())?;
            let effects = self.code_effects(email, waiting.as_ref(), &code, client)?;
            match &waiting {
                Some(user) => self.keep_proof_code(email, &code, user).await?,
                None => self.keep_no_code(Purpose::VerifyEmail, email).await?,
            }
            let meanwhile = self.waiting_for_code(email).await?;
            if meanwhile.as_ref().map(|user| user.id) == waiting.as_ref().map(|user| user.id) {
                return self.ports.outbox.put(effects).await;
            }
            waiting = meanwhile;
        }
        Err(StoreError::contention("the address kept changing hands"))
    }

    async fn waiting_for_code(&self, email: &EmailAddress) -> Result<Option<User>, StoreError> {
        Ok(self.ports.users.find_unproven(email).await?.filter(|user| user.is_active))
    }

    fn code_effects(
        &self,
        email: &EmailAddress,
        waiting: Option<&User>,
        code: &OneTimeCode,
        client: &Client,
    ) -> Result<Effects, StoreError> {
        let now = self.now();
        let event =
            |outcome| AuditEvent::new(AuditAction::CodeRequested, outcome, client, now).with("verification");
        let code = digits(code);
        let Some(user) = waiting else {
            let mail = self.seal_for_nobody(MailMessage::VerificationCode { code }, client, now)?;
            return Ok(Effects::audit(event(AuditOutcome::Failure)).mail(mail));
        };
        let message = if user.email == *email {
            MailMessage::VerificationCode { code }
        } else {
            MailMessage::EmailChangeCode { code }
        };
        let mail = self.seal(&Mail::to_address(email.clone(), user.display_name(), message), client, now)?;
        Ok(Effects::audit(event(AuditOutcome::Success).about(user.id)).mail(mail))
    }
}

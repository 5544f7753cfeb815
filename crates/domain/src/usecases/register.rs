//! Registration: an account that waits for its address to be proven.

use crate::Auth;
use crate::account::{EmailAddress, FullName, NewUser, Role, User, Username};
use crate::audit::{AuditAction, AuditEvent, AuditOutcome};
use crate::client::Client;
use crate::code::{OneTimeCode, Purpose};
use crate::effects::Effects;
use crate::error::StoreError;
use crate::mail::{Mail, MailMessage, digits};
use crate::password::NewPassword;
use crate::ports::{CreatedUser, HashError};
use crate::usecases::{LimitedRoute, RateLimited};

/// What somebody wants to be known by.
#[derive(Debug, Clone)]
pub struct Register {
    /// To be proven by a code.
    pub email: EmailAddress,
    /// To be unique.
    pub username: Username,
    /// Optional.
    pub full_name: Option<FullName>,
    /// Keeps the policy already.
    pub password: NewPassword,
}

/// Why nobody was registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Too many registrations from this network.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// Address or username belong to somebody; which one is not told.
    #[error("address or username may already exist")]
    Taken,
    /// No hash was made.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// Something broke.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Auth {
    /// Registers somebody: an unverified account and a mail with a code. A never-verified account of the same address
    /// is replaced, and its code ends.
    ///
    /// # Errors
    /// See [`RegisterError`]; then nobody was registered and no mail goes out, but for one case: when the code could
    /// not be kept, the account waits with a code that does not work, and registering again replaces it.
    pub async fn register(&self, command: Register, client: &Client) -> Result<User, RegisterError> {
        let budgets = [self.network_budget(LimitedRoute::Register, client)];
        self.limited(client, &budgets, self.register_admitted(command, client)).await
    }

    async fn register_admitted(&self, command: Register, client: &Client) -> Result<User, RegisterError> {
        let password = self.ports.password_hasher.hash(command.password.as_password()).await?;

        let now = self.now();
        let code = OneTimeCode::generate(self.ports.entropy.as_ref())?;
        let name = command.full_name.as_ref().map_or(command.username.as_str(), FullName::as_str);
        let message = MailMessage::VerificationCode { code: digits(&code) };
        let mail = self.seal(&Mail::to_address(command.email.clone(), name, message), client, now)?;
        let event = |outcome| AuditEvent::new(AuditAction::Registered, outcome, client, now);
        let new = NewUser {
            email: command.email,
            username: command.username,
            full_name: command.full_name,
            password,
            role: Role::User,
            is_verified: false,
            claim_expires_at: Some(now + self.settings.unverified_lifetime),
            at: now,
        };
        let effects = Effects::audit(event(AuditOutcome::Success)).mail(mail);
        let user = match self.ports.users.create(new, effects).await? {
            CreatedUser::Created(user) => user,
            CreatedUser::Taken => {
                self.ports.outbox.put(Effects::audit(event(AuditOutcome::Failure).with("taken"))).await?;
                return Err(RegisterError::Taken);
            }
        };
        // Only now, for the code names the account. Should this fail, the account can be registered again.
        self.keep_code(Purpose::VerifyEmail, &user.email, &code, user.id).await?;
        Ok(user)
    }
}

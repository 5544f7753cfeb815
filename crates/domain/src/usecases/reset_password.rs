//! A new password with a code; the code proves the address as well.

use crate::Auth;
use crate::account::{EmailAddress, UserId};
use crate::audit::{AuditAction, AuditEvent, AuditOutcome};
use crate::client::Client;
use crate::code::{CodeCheck, MAX_ATTEMPTS, OneTimeCode, Purpose};
use crate::effects::{Effects, EndSessions};
use crate::error::StoreError;
use crate::fault::Fault;
use crate::mail::{Mail, MailMessage};
use crate::password::{NewPassword, PasswordOwner};
use crate::ports::{ChangedUser, Expected, HashError, UserChange};
use crate::usecases::{LimitedRoute, RateLimited};

/// An address, the code that was sent to it, and what the password is to be.
#[derive(Debug, Clone)]
pub struct ResetPassword {
    /// The account's address.
    pub email: EmailAddress,
    /// What its owner read.
    pub code: OneTimeCode,
    /// Keeps the policy already, as far as the address tells.
    pub new_password: NewPassword,
}

/// Why the password is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ResetPasswordError {
    /// Too many attempts from this network.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// It was not the code, or there is none; which is not told.
    #[error("invalid code")]
    InvalidCode {
        /// Attempts left: 2, 1, 0, 0, …
        remaining: u32,
    },
    /// The code was right, the password contains the username; the code still works.
    #[error("weak password")]
    WeakPassword(Fault),
    /// No hash was made; the code still works.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// Something broke; the code still works, unless codes are away.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Auth {
    /// Sets a new password, ends every session of the account and tells its owner.
    ///
    /// # Errors
    /// See [`ResetPasswordError`]; then nothing was changed.
    pub async fn reset_password(
        &self,
        command: ResetPassword,
        client: &Client,
    ) -> Result<(), ResetPasswordError> {
        let budgets = [self.network_budget(LimitedRoute::VerifyCode, client)];
        self.limited(client, &budgets, self.reset_admitted(command, client)).await
    }

    async fn reset_admitted(
        &self,
        command: ResetPassword,
        client: &Client,
    ) -> Result<(), ResetPasswordError> {
        let ResetPassword { email, code, .. } = &command;
        match self.try_code(Purpose::ResetPassword, email, code).await? {
            CodeCheck::Rejected { remaining } => {
                let now = self.now();
                let event = AuditEvent::new(AuditAction::PasswordReset, AuditOutcome::Failure, client, now);
                self.ports.outbox.put(Effects::audit(event)).await?;
                Err(ResetPasswordError::InvalidCode { remaining })
            }
            CodeCheck::Accepted(taken) => {
                let done = self.reset_proven(&command, taken.code.subject, client).await;
                // A code is used up by its check: unless the account moved on, a failure gives it back.
                if matches!(&done, Err(error) if !matches!(error, ResetPasswordError::InvalidCode { .. })) {
                    self.give_back(Purpose::ResetPassword, email, taken).await;
                }
                done
            }
        }
    }

    async fn reset_proven(
        &self,
        command: &ResetPassword,
        subject: UserId,
        client: &Client,
    ) -> Result<(), ResetPasswordError> {
        let moved_on = ResetPasswordError::InvalidCode { remaining: MAX_ATTEMPTS - 1 };
        let found = self.ports.users.find(subject).await?;
        let Some(user) = found.filter(|user| user.is_active && user.email == command.email) else {
            return Err(moved_on);
        };
        let owner = PasswordOwner { email: Some(&user.email), username: Some(&user.username) };
        command.new_password.avoids(owner).map_err(ResetPasswordError::WeakPassword)?;
        let hash = self
            .ports
            .password_hasher
            .hash(command.new_password.as_password(), Some(client.network()))
            .await?;

        let now = self.now();
        let expected =
            Expected { email: Some(user.email.clone()), is_active: Some(true), ..Expected::default() };
        let change = UserChange {
            password: Some(hash),
            // Whoever knew the old password may have asked for a move.
            pending_email: Some(None),
            is_verified: Some(true),
            expected,
            at: now,
            ..UserChange::default()
        };
        let event = AuditEvent::new(AuditAction::PasswordReset, AuditOutcome::Success, client, now);
        let effects = Effects::audit(event.by(user.id).about(user.id))
            .mail(self.seal(&Mail::to_user(&user, MailMessage::PasswordReset), client, now)?)
            .ending(EndSessions::All);
        match self.ports.users.change(user.id, change, effects).await? {
            ChangedUser::Changed(_) => Ok(()),
            ChangedUser::Missing | ChangedUser::Stale | ChangedUser::Taken | ChangedUser::LastAdmin => {
                Err(moved_on)
            }
        }
    }
}

//! The caller's own profile; a new address waits until it is proven.

use crate::Auth;
use crate::access::Principal;
use crate::account::{EmailAddress, FullName, Identifier, User, Username};
use crate::audit::{AuditAction, AuditOutcome};
use crate::client::Client;
use crate::code::{OneTimeCode, Purpose};
use crate::effects::Effects;
use crate::error::StoreError;
use crate::mail::{Mail, MailMessage, digits};
use crate::password::{Password, PasswordHash};
use crate::ports::{ChangedUser, Expected, HashError, UserChange};
use crate::usecases::RateLimited;

/// What is to be different; `None` leaves a member as it is.
#[derive(Debug, Clone, Default)]
pub struct UpdateProfile {
    /// Another username.
    pub username: Option<Username>,
    /// Another name, or none.
    pub full_name: Option<Option<FullName>>,
    /// Another address, to be proven; the current one calls off a change that waits.
    pub email: Option<EmailAddress>,
    /// Needed for another address.
    pub current_password: Option<Password>,
}

/// Why the profile is as it was.
#[derive(Debug, thiserror::Error)]
pub enum UpdateProfileError {
    /// Another address needs the current password.
    #[error("the current password is needed")]
    PasswordRequired,
    /// Too many attempts with the password of this account.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// The current password is another one.
    #[error("invalid current password")]
    WrongPassword,
    /// The username belongs to somebody.
    #[error("the username is taken")]
    Taken,
    /// The account went away meanwhile.
    #[error("the account is gone")]
    Gone,
    /// Nothing was hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// Something broke.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Auth {
    /// Changes the profile. A code goes to a new address and a notice to the current one; an address that has an
    /// account already looks the same to the caller, and its owner is told.
    ///
    /// # Errors
    /// See [`UpdateProfileError`]; then nothing was changed, but that a code which the new address had may have ended.
    pub async fn update_profile(
        &self,
        command: UpdateProfile,
        principal: &Principal,
        client: &Client,
    ) -> Result<User, UpdateProfileError> {
        let user = &principal.user;
        let new_address = command.email.as_ref().filter(|email| **email != user.email);
        let mut expected = Expected::default();
        if new_address.is_some() {
            let proven = self.prove_for_move(command.current_password.as_ref(), principal, client).await?;
            expected.password = Some(proven);
        }

        let now = self.now();
        let event = |action| principal.event(action, AuditOutcome::Success, client, now);
        let mut effects = Effects::default();
        if command.username.is_some() || command.full_name.is_some() {
            effects.audit.push(event(AuditAction::ProfileChanged));
        }
        if let Some(address) = new_address {
            effects.audit.push(event(AuditAction::EmailChangeRequested));
            let owner = self.ports.users.find_credentials(&Identifier::Email(address.clone())).await?;
            // An address that nobody ever proved is nobody's yet.
            let owner = owner.map(|found| found.user).filter(|owner| owner.claim_expires_at.is_none());
            // The code is kept before it is mailed: a mail never has one that does not work.
            let to_new = match owner {
                Some(owner) => {
                    self.keep_no_code(Purpose::VerifyEmail, address).await?;
                    Mail::to_user(&owner, MailMessage::AddressInUse)
                }
                None => {
                    let code = OneTimeCode::generate(self.ports.entropy.as_ref())?;
                    self.keep_proof_code(address, &code, user).await?;
                    let message = MailMessage::EmailChangeCode { code: digits(&code) };
                    Mail::to_address(address.clone(), user.display_name(), message)
                }
            };
            let notice = MailMessage::EmailChangeRequested { new_address: address.masked() };
            effects.mails.push(self.seal(&to_new, client, now)?);
            effects.mails.push(self.seal(&Mail::to_user(user, notice), client, now)?);
        }
        let change = UserChange {
            username: command.username,
            full_name: command.full_name,
            pending_email: command.email.as_ref().map(|_| new_address.cloned()),
            expected,
            at: now,
            ..UserChange::default()
        };
        match self.ports.users.change(user.id, change, effects).await? {
            ChangedUser::Changed(user) => Ok(user),
            ChangedUser::Taken => Err(UpdateProfileError::Taken),
            // Somebody changed the password since it was proven.
            ChangedUser::Stale => Err(UpdateProfileError::WrongPassword),
            ChangedUser::Missing | ChangedUser::LastAdmin => Err(UpdateProfileError::Gone),
        }
    }

    async fn prove_for_move(
        &self,
        password: Option<&Password>,
        principal: &Principal,
        client: &Client,
    ) -> Result<PasswordHash, UpdateProfileError> {
        let password = password.ok_or(UpdateProfileError::PasswordRequired)?;
        let budgets = [self.password_budget(principal.user.id)];
        let proof = async {
            if let Some(proven) = self.prove_password(principal, password, client).await? {
                return Ok(proven);
            }
            let action = AuditAction::EmailChangeRequested;
            let event = principal.event(action, AuditOutcome::Failure, client, self.now());
            self.ports.outbox.put(Effects::audit(event)).await?;
            Err(UpdateProfileError::WrongPassword)
        };
        self.limited(client, &budgets, proof).await
    }
}

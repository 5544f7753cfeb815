//! The first administrator, made from the command line: there is no default account.

use crate::Auth;
use crate::account::{EmailAddress, NewUser, Role, User, Username};
use crate::audit::{AuditAction, AuditEvent, AuditOutcome};
use crate::effects::Effects;
use crate::error::StoreError;
use crate::password::NewPassword;
use crate::ports::{CreatedUser, HashError};

/// Who is to administer.
#[derive(Debug, Clone)]
pub struct CreateAdmin {
    /// Taken as proven.
    pub email: EmailAddress,
    /// To be unique.
    pub username: Username,
    /// Keeps the policy already.
    pub password: NewPassword,
}

/// Why there is no new administrator.
#[derive(Debug, thiserror::Error)]
pub enum CreateAdminError {
    /// Address or username belong to somebody.
    #[error("an account with this address or username exists already")]
    Taken,
    /// No hash was made.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// Something broke.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Auth {
    /// Makes an administrator with a proven address.
    ///
    /// # Errors
    /// See [`CreateAdminError`]; then nothing was changed.
    pub async fn create_admin(&self, command: CreateAdmin) -> Result<User, CreateAdminError> {
        let password = self.ports.password_hasher.hash(command.password.as_password(), None).await?;
        let now = self.now();
        let new = NewUser {
            email: command.email,
            username: command.username,
            full_name: None,
            password,
            role: Role::Admin,
            is_verified: true,
            claim_expires_at: None,
            replaces: None,
            at: now,
        };
        let event = AuditEvent::local(AuditAction::AdminCreated, AuditOutcome::Success, now);
        match self.ports.users.create(new, Effects::audit(event)).await? {
            CreatedUser::Created(user) => Ok(user),
            CreatedUser::Taken => Err(CreateAdminError::Taken),
        }
    }
}

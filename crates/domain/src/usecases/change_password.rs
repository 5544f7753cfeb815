//! A new password for whoever knows the current one.

use crate::Auth;
use crate::access::Principal;
use crate::account::Identifier;
use crate::audit::{AuditAction, AuditOutcome};
use crate::client::Client;
use crate::effects::{Effects, EndSessions};
use crate::error::StoreError;
use crate::mail::{Mail, MailMessage};
use crate::password::{NewPassword, Password, PasswordHash};
use crate::ports::{ChangedUser, Expected, HashError, UserChange};
use crate::usecases::RateLimited;

/// The current password and the next.
#[derive(Debug, Clone)]
pub struct ChangePassword {
    /// As typed.
    pub current: Password,
    /// Keeps the policy already.
    pub new: NewPassword,
}

/// Why the password is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// Too many attempts for this account.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// The current password is another one.
    #[error("invalid current password")]
    WrongPassword,
    /// Nothing was hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// Something broke.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Auth {
    /// Sets a new password, ends every other session of the caller and sends a notice.
    ///
    /// # Errors
    /// See [`ChangePasswordError`]; then nothing was changed.
    pub async fn change_password(
        &self,
        command: ChangePassword,
        principal: &Principal,
        client: &Client,
    ) -> Result<(), ChangePasswordError> {
        let budgets = [self.password_budget(principal.user.id)];
        self.limited(client, &budgets, self.change_admitted(command, principal, client)).await
    }

    async fn change_admitted(
        &self,
        command: ChangePassword,
        principal: &Principal,
        client: &Client,
    ) -> Result<(), ChangePasswordError> {
        let proven = self.prove_password(principal, &command.current, client).await?;
        let now = self.now();
        let event = |outcome| principal.event(AuditAction::PasswordChanged, outcome, client, now);
        let Some(current) = proven else {
            self.ports.outbox.put(Effects::audit(event(AuditOutcome::Failure))).await?;
            return Err(ChangePasswordError::WrongPassword);
        };
        let hash = self.ports.password_hasher.hash(command.new.as_password(), Some(client.network())).await?;
        let change = UserChange {
            password: Some(hash),
            // Whoever knew the old password may have asked for the move.
            pending_email: Some(None),
            expected: Expected { password: Some(current), ..Expected::default() },
            at: now,
            ..UserChange::default()
        };
        let mail = Mail::to_user(&principal.user, MailMessage::PasswordChanged);
        let effects = Effects::audit(event(AuditOutcome::Success))
            .mail(self.seal(&mail, client, now)?)
            .ending(EndSessions::AllBut(principal.session.sid.clone()));
        match self.ports.users.change(principal.user.id, change, effects).await? {
            ChangedUser::Changed(_) => Ok(()),
            // Somebody else changed it first: what was typed is no longer the current one.
            ChangedUser::Missing | ChangedUser::Stale | ChangedUser::Taken | ChangedUser::LastAdmin => {
                Err(ChangePasswordError::WrongPassword)
            }
        }
    }

    /// The caller's password hash, if `password` is the one it was made of.
    pub(super) async fn prove_password(
        &self,
        principal: &Principal,
        password: &Password,
        client: &Client,
    ) -> Result<Option<PasswordHash>, HashError> {
        let found = self.ports.users.find_credentials(&Identifier::Id(principal.user.id)).await?;
        let hash = found.map(|found| found.password);
        let verdict =
            self.ports.password_hasher.verify(password, hash.as_ref(), Some(client.network())).await?;
        Ok(hash.filter(|_| verdict.matches))
    }
}

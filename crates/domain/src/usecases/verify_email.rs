//! Proving an address with a code: that of a new account, or the one that an account is to move to.

use crate::account::{EmailAddress, User};
use crate::audit::{AuditAction, AuditEvent, AuditOutcome};
use crate::client::Client;
use crate::code::{CodeCheck, MAX_ATTEMPTS, OneTimeCode, Purpose};
use crate::effects::Effects;
use crate::error::StoreError;
use crate::mail::{Mail, MailMessage};
use crate::ports::{ChangedUser, Expected, UserChange};
use crate::usecases::{LimitedRoute, RateLimited};
use crate::{Auth, Timestamp};

/// An address and the code that was sent to it.
#[derive(Debug, Clone)]
pub struct VerifyEmail {
    /// The address to prove.
    pub email: EmailAddress,
    /// What its owner read.
    pub code: OneTimeCode,
}

/// Why nothing was proven.
#[derive(Debug, thiserror::Error)]
pub enum VerifyEmailError {
    /// Too many attempts from this network.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// It was not the code, or there is none; which is not told.
    #[error("invalid code")]
    InvalidCode {
        /// Attempts left: 2, 1, 0, 0, …
        remaining: u32,
    },
    /// Something broke; the code still works, unless codes are away.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Auth {
    /// Proves an address. A code works once.
    ///
    /// # Errors
    /// See [`VerifyEmailError`]; then nothing was changed.
    pub async fn verify_email(&self, command: VerifyEmail, client: &Client) -> Result<(), VerifyEmailError> {
        let budgets = [self.network_budget(LimitedRoute::VerifyCode, client)];
        self.limited(client, &budgets, self.verify_admitted(command, client)).await
    }

    async fn verify_admitted(&self, command: VerifyEmail, client: &Client) -> Result<(), VerifyEmailError> {
        let VerifyEmail { email, code } = &command;
        let check = self.try_code(Purpose::VerifyEmail, email, code).await?;
        let now = self.now();
        let event = |outcome| AuditEvent::new(AuditAction::EmailVerified, outcome, client, now);
        let taken = match check {
            CodeCheck::Accepted(taken) => taken,
            CodeCheck::Rejected { remaining } => {
                self.ports.outbox.put(Effects::audit(event(AuditOutcome::Failure))).await?;
                return Err(VerifyEmailError::InvalidCode { remaining });
            }
        };
        // A code is used up by its check: when something of ours breaks from here on, it is given back.
        let proven = async {
            let Some(user) = self.ports.users.find(taken.code.subject).await? else {
                return Ok(false);
            };
            let event = event(AuditOutcome::Success).by(user.id).about(user.id);
            let Some((change, mails)) = proof(&user, email, now) else {
                return Ok(false);
            };
            let mut effects = Effects::audit(event);
            for mail in &mails {
                effects = effects.mail(self.seal(mail, client, now)?);
            }
            match self.ports.users.change(user.id, change, effects).await? {
                ChangedUser::Changed(_) => Ok(true),
                ChangedUser::Missing | ChangedUser::Stale | ChangedUser::Taken | ChangedUser::LastAdmin => {
                    Ok(false)
                }
            }
        };
        match proven.await {
            Ok(true) => Ok(()),
            // The account moved on while the code was under way: the code is as good as a wrong one.
            Ok(false) => Err(VerifyEmailError::InvalidCode { remaining: MAX_ATTEMPTS - 1 }),
            Err(broken) => {
                self.give_back(Purpose::VerifyEmail, email, taken).await;
                Err(VerifyEmailError::Store(broken))
            }
        }
    }
}

/// What a proof of `address` changes on `user`, and who is told; nothing, when it is not waiting for that proof.
fn proof(user: &User, address: &EmailAddress, now: Timestamp) -> Option<(UserChange, Vec<Mail>)> {
    if !user.is_active {
        return None;
    }
    let active = Expected { is_active: Some(true), ..Expected::default() };
    let verified = UserChange { is_verified: Some(true), at: now, ..UserChange::default() };
    if user.email == *address && !user.is_verified {
        let expected = Expected { email: Some(address.clone()), is_verified: Some(false), ..active };
        let change = UserChange { expected, ..verified };
        return Some((change, vec![Mail::to_user(user, MailMessage::Welcome)]));
    }
    if user.pending_email.as_ref() == Some(address) {
        let expected =
            Expected { email: Some(user.email.clone()), pending_email: Some(address.clone()), ..active };
        let change = UserChange { email: Some(address.clone()), expected, ..verified };
        return Some((change, email_changed(user, address)));
    }
    None
}

/// The notice to both addresses that `user` moves to `new`.
pub(super) fn email_changed(user: &User, new: &EmailAddress) -> Vec<Mail> {
    let message = MailMessage::EmailChanged { new_address: new.masked() };
    [&user.email, new].map(|to| Mail::to_address(to.clone(), user.display_name(), message.clone())).into()
}

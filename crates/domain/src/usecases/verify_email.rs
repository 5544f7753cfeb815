//! Proving an address with a code: that of a new account, or the one that an account is to move to.

use crate::account::EmailAddress;
use crate::audit::{AuditAction, AuditEvent, AuditOutcome};
use crate::client::Client;
use crate::code::{CodeCheck, MAX_ATTEMPTS, OneTimeCode, Purpose, StoredCode};
use crate::code_note::ProofNote;
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
        let taken = match check {
            CodeCheck::Accepted(taken) => taken,
            CodeCheck::Rejected { remaining } => {
                let event = AuditEvent::new(AuditAction::EmailVerified, AuditOutcome::Failure, client, now);
                self.ports.outbox.put(Effects::audit(event)).await?;
                return Err(VerifyEmailError::InvalidCode { remaining });
            }
        };
        // A code is used up by its check: when something of ours breaks from here on, it is given back.
        match self.prove(email, &taken.code, client, now).await {
            Ok(true) => Ok(()),
            // The account moved on while the code was under way: the code is as good as a wrong one.
            Ok(false) => Err(VerifyEmailError::InvalidCode { remaining: MAX_ATTEMPTS - 1 }),
            Err(broken) => {
                self.give_back(Purpose::VerifyEmail, email, taken).await;
                Err(VerifyEmailError::Store(broken))
            }
        }
    }

    /// Whether the account of `code` waited for this proof, and has it now. What was noted with the code is enough; where
    /// a version without notes kept it, the account is looked up.
    async fn prove(
        &self,
        address: &EmailAddress,
        code: &StoredCode,
        client: &Client,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let subject = code.subject;
        let note = code.note.as_ref();
        let note = match note.and_then(|note| self.keys.code_notes.open(note, (code.mac, subject))) {
            Some(note) => note,
            None => match self.ports.users.find(subject).await? {
                Some(user) => ProofNote::new(&user, address),
                None => return Ok(false),
            },
        };
        let (change, mails) = proof(&note, address, now);
        let event = AuditEvent::new(AuditAction::EmailVerified, AuditOutcome::Success, client, now);
        let mut effects = Effects::audit(event.by(subject).about(subject));
        for mail in &mails {
            effects = effects.mail(self.seal(mail, client, now)?);
        }
        match self.ports.users.change(subject, change, effects).await? {
            ChangedUser::Changed(_) => Ok(true),
            ChangedUser::Missing | ChangedUser::Stale | ChangedUser::Taken | ChangedUser::LastAdmin => {
                Ok(false)
            }
        }
    }
}

/// What a proof of `address` changes on the account of `note`, if that still waits for it, and who is told.
fn proof(note: &ProofNote, address: &EmailAddress, now: Timestamp) -> (UserChange, Vec<Mail>) {
    let active = Expected { is_active: Some(true), ..Expected::default() };
    let verified = UserChange { is_verified: Some(true), at: now, ..UserChange::default() };
    match &note.moves_from {
        None => {
            let expected = Expected { email: Some(address.clone()), is_verified: Some(false), ..active };
            let welcome = Mail::to_address(address.clone(), &note.name, MailMessage::Welcome);
            (UserChange { expected, ..verified }, vec![welcome])
        }
        Some(old) => {
            let expected =
                Expected { email: Some(old.clone()), pending_email: Some(address.clone()), ..active };
            let change = UserChange { email: Some(address.clone()), expected, ..verified };
            (change, email_changed(old, address, &note.name).into())
        }
    }
}

/// The notice to both addresses that the account of somebody called `name` moves from `old` to `new`.
pub(super) fn email_changed(old: &EmailAddress, new: &EmailAddress, name: &str) -> [Mail; 2] {
    let message = MailMessage::EmailChanged { new_address: new.masked() };
    [old, new].map(|to| Mail::to_address(to.clone(), name, message.clone()))
}

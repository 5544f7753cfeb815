//! Mails: what they say, and how they wait to be sent.
//!
//! A mail waits sealed: its content is encrypted under a key that the store does not have, and wiped once it is sent.

use crate::Timestamp;
use crate::account::{EmailAddress, User};
use crate::code::OneTimeCode;
use crate::error::StoreError;
use crate::ports::Entropy;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A mail before it is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Where it goes.
    pub to: EmailAddress,
    /// What it says.
    pub content: MailContent,
}

/// What a mail says; templates turn it into words. Never printed, for it may carry a code.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailContent {
    /// What the recipient is called; untrusted text.
    pub name: String,
    /// The occasion.
    pub message: MailMessage,
}

impl fmt::Debug for MailContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailContent({})", self.message.kind().as_str())
    }
}

/// The occasions on which we write.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum MailMessage {
    /// Prove the address of a new account.
    VerificationCode {
        /// Six digits.
        code: String,
    },
    /// Prove the address that an account is to move to.
    EmailChangeCode {
        /// Six digits.
        code: String,
    },
    /// Set a new password.
    PasswordResetCode {
        /// Six digits.
        code: String,
    },
    /// The address is proven, the account works.
    Welcome,
    /// The owner changed the password.
    PasswordChanged,
    /// The password was reset with a code.
    PasswordReset,
    /// To the old address: somebody asked to move the account to another one, masked.
    EmailChangeRequested {
        /// The new address, masked.
        new_address: String,
    },
    /// To both addresses: the account moved to another one, masked.
    EmailChanged {
        /// The new address, masked.
        new_address: String,
    },
    /// Somebody wanted to use an address that has an account already.
    AddressInUse,
    /// A spent refresh token was presented; the session was ended.
    SessionTheft {
        /// What the session was opened with.
        device: Option<String>,
    },
}

/// A kind of mail, for lists and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// [`MailMessage::VerificationCode`]
    VerificationCode,
    /// [`MailMessage::EmailChangeCode`]
    EmailChangeCode,
    /// [`MailMessage::PasswordResetCode`]
    PasswordResetCode,
    /// [`MailMessage::Welcome`]
    Welcome,
    /// [`MailMessage::PasswordChanged`]
    PasswordChanged,
    /// [`MailMessage::PasswordReset`]
    PasswordReset,
    /// [`MailMessage::EmailChangeRequested`]
    EmailChangeRequested,
    /// [`MailMessage::EmailChanged`]
    EmailChanged,
    /// [`MailMessage::AddressInUse`]
    AddressInUse,
    /// [`MailMessage::SessionTheft`]
    SessionTheft,
}

impl MailKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::VerificationCode,
        Self::EmailChangeCode,
        Self::PasswordResetCode,
        Self::Welcome,
        Self::PasswordChanged,
        Self::PasswordReset,
        Self::EmailChangeRequested,
        Self::EmailChanged,
        Self::AddressInUse,
        Self::SessionTheft,
    ];

    /// The kind as it stands in tables and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerificationCode => "verification_code",
            Self::EmailChangeCode => "email_change_code",
            Self::PasswordResetCode => "password_reset_code",
            Self::Welcome => "welcome",
            Self::PasswordChanged => "password_changed",
            Self::PasswordReset => "password_reset",
            Self::EmailChangeRequested => "email_change_requested",
            Self::EmailChanged => "email_changed",
            Self::AddressInUse => "address_in_use",
            Self::SessionTheft => "session_theft",
        }
    }

    /// The kind of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Who goes first when mails wait: a person is looking at a form that asks for a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// A code; before everything else.
    Code,
    /// Anything else.
    Notice,
}

impl MailMessage {
    /// What kind it is.
    pub fn kind(&self) -> MailKind {
        match self {
            Self::VerificationCode { .. } => MailKind::VerificationCode,
            Self::EmailChangeCode { .. } => MailKind::EmailChangeCode,
            Self::PasswordResetCode { .. } => MailKind::PasswordResetCode,
            Self::Welcome => MailKind::Welcome,
            Self::PasswordChanged => MailKind::PasswordChanged,
            Self::PasswordReset => MailKind::PasswordReset,
            Self::EmailChangeRequested { .. } => MailKind::EmailChangeRequested,
            Self::EmailChanged { .. } => MailKind::EmailChanged,
            Self::AddressInUse => MailKind::AddressInUse,
            Self::SessionTheft { .. } => MailKind::SessionTheft,
        }
    }

    /// The code that it carries, if it carries one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::VerificationCode { code }
            | Self::EmailChangeCode { code }
            | Self::PasswordResetCode { code } => Some(code),
            _ => None,
        }
    }

    /// Who goes first.
    pub fn priority(&self) -> Priority {
        if self.code().is_some() {
            Priority::Code
        } else {
            Priority::Notice
        }
    }
}

impl Mail {
    /// A mail to the address of `user`.
    pub fn to_user(user: &User, message: MailMessage) -> Self {
        Self::to_address(user.email.clone(), user.display_name(), message)
    }

    /// A mail to `to`, for somebody called `name`.
    pub fn to_address(to: EmailAddress, name: &str, message: MailMessage) -> Self {
        Self {
            to,
            content: MailContent {
                name: name.to_owned(),
                message,
            },
        }
    }
}

/// The digits of a code on their way into a mail.
pub(crate) fn digits(code: &OneTimeCode) -> String {
    code.expose().to_owned()
}

/// A mail as it waits: everything that a store needs to know, and a content that it cannot read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedMail {
    /// The local part of its Message-ID; 128 random bits as base64url. A second delivery carries the same.
    pub message_id: String,
    /// What kind it is.
    pub kind: MailKind,
    /// Who goes first.
    pub priority: Priority,
    /// Where it goes.
    pub to: EmailAddress,
    /// The content, encrypted.
    pub payload: Vec<u8>,
    /// After this it is not worth sending.
    pub expires_at: Option<Timestamp>,
    /// The request that caused it.
    pub request_id: String,
    /// When it was written.
    pub created_at: Timestamp,
}

/// The key under which mails wait (ChaCha20-Poly1305, RFC 8439, a random nonce each).
#[derive(Clone)]
pub struct MailKey([u8; 32]);

/// The content of a mail could not be read: another key, or changed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the mail was sealed under another key, or was changed since")]
pub struct Unreadable;

const NONCE_BYTES: usize = 12;

impl MailKey {
    /// Takes over a derived key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// Seals `mail`; the seal covers its Message-ID and its recipient.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    pub fn seal(
        &self,
        mail: &Mail,
        at: Timestamp,
        request_id: &str,
        entropy: &dyn Entropy,
    ) -> Result<SealedMail, StoreError> {
        let mut id = [0; 16];
        entropy.fill(&mut id)?;
        let message_id = URL_SAFE_NO_PAD.encode(id);
        let mut nonce = [0; NONCE_BYTES];
        entropy.fill(&mut nonce)?;
        let content = serde_json::to_vec(&mail.content).map_err(StoreError::corrupt)?;
        let aad = associated(&message_id, &mail.to);
        let sealed = self
            .cipher()
            .encrypt(
                &Nonce::from(nonce),
                Payload {
                    msg: &content,
                    aad: &aad,
                },
            )
            .map_err(|_| StoreError::corrupt("a mail is too long to be sealed"))?;
        let message = &mail.content.message;
        Ok(SealedMail {
            message_id,
            kind: message.kind(),
            priority: message.priority(),
            to: mail.to.clone(),
            payload: [nonce.as_slice(), &sealed].concat(),
            expires_at: message.code().map(|_| at + crate::code::LIFETIME),
            request_id: request_id.to_owned(),
            created_at: at,
        })
    }

    /// Opens what [`MailKey::seal`] sealed.
    ///
    /// # Errors
    /// [`Unreadable`] for another key, and for anything that was changed.
    pub fn open(&self, mail: &SealedMail) -> Result<MailContent, Unreadable> {
        let (nonce, sealed) = mail
            .payload
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(Unreadable)?;
        let aad = associated(&mail.message_id, &mail.to);
        let content = self
            .cipher()
            .decrypt(
                &Nonce::from(*nonce),
                Payload {
                    msg: sealed,
                    aad: &aad,
                },
            )
            .map_err(|_| Unreadable)?;
        serde_json::from_slice(&content).map_err(|_| Unreadable)
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&self.0.into())
    }
}

fn associated(message_id: &str, to: &EmailAddress) -> Vec<u8> {
    format!("{message_id}\n{to}").into_bytes()
}

/// A claimed mail: ours to send until the lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailJob {
    /// Names it in lists and commands.
    pub id: MailId,
    /// Which attempt this is, from 1; also tells an old lease from a new one.
    pub attempt: u32,
    /// The mail.
    pub mail: SealedMail,
}

/// Names a waiting mail in lists and commands; positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailId(pub i64);

/// What became of an attempt to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The next server has it; the payload is wiped.
    Sent,
    /// Try again.
    Retry {
        /// Not before.
        at: Timestamp,
        /// Why, for the operator.
        reason: String,
    },
    /// No use trying again; kept for an operator.
    Dead {
        /// Why, for the operator.
        reason: String,
    },
    /// Its code had ended; the payload is wiped.
    Expired,
}

/// Where a mail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailStatus {
    /// Waits, or is being sent.
    Queued,
    /// Was handed over.
    Sent,
    /// Was given up; can be requeued.
    Dead,
    /// Was not worth sending any more.
    Expired,
}

impl MailStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Queued, Self::Sent, Self::Dead, Self::Expired];

    /// The status as it stands in tables and commands.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Dead => "dead",
            Self::Expired => "expired",
        }
    }

    /// The status of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// A mail as an operator sees it: never its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailEntry {
    /// Names it.
    pub id: MailId,
    /// The local part of its Message-ID.
    pub message_id: String,
    /// What kind it is.
    pub kind: MailKind,
    /// Where it goes.
    pub to: EmailAddress,
    /// Where it stands.
    pub status: MailStatus,
    /// Attempts made.
    pub attempts: u32,
    /// When it is tried next, while it is queued.
    pub next_attempt_at: Timestamp,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was written.
    pub created_at: Timestamp,
}

/// What the queue looks like, for metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueStats {
    /// Mails that wait or are being sent.
    pub queued: u64,
    /// Mails that were given up.
    pub dead: u64,
    /// When the oldest waiting mail was written.
    pub oldest_queued: Option<Timestamp>,
}

//! What a mail says, and on which occasion.

use crate::account::{EmailAddress, User};
use crate::code::OneTimeCode;
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
        if self.code().is_some() { Priority::Code } else { Priority::Notice }
    }
}

impl Mail {
    /// A mail to the address of `user`.
    pub fn to_user(user: &User, message: MailMessage) -> Self {
        Self::to_address(user.email.clone(), user.display_name(), message)
    }

    /// A mail to `to`, for somebody called `name`.
    pub fn to_address(to: EmailAddress, name: &str, message: MailMessage) -> Self {
        Self { to, content: MailContent { name: name.to_owned(), message } }
    }
}

/// The digits of a code on their way into a mail.
pub(crate) fn digits(code: &OneTimeCode) -> String {
    code.expose().to_owned()
}

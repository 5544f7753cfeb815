use crate::Timestamp;
use crate::account::EmailAddress;
use crate::error::StoreError;
use crate::mail::MailContent;
use async_trait::async_trait;

/// Hands mails to whoever delivers them.
///
/// - The same envelope sent twice is the same mail twice: Message-ID and `Date` are the envelope's.
/// - A name cannot add a header, a recipient or markup.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Renders and sends one mail; `Ok` when the next server has it for good.
    ///
    /// # Errors
    /// Whether another attempt makes sense.
    async fn send(&self, envelope: &Envelope) -> Result<(), MailerError>;
}

/// A mail on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The local part of its Message-ID.
    pub message_id: String,
    /// Where it goes.
    pub to: EmailAddress,
    /// What it says.
    pub content: MailContent,
    /// When it was written.
    pub created_at: Timestamp,
}

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub enum MailerError {
    /// Trying again may help: a time-out, a 4xx answer, a server that is away.
    #[error("temporary: {0}")]
    Temporary(String),
    /// Trying again does not help: a 5xx answer, a recipient that cannot be written down.
    #[error("permanent: {0}")]
    Permanent(String),
}

/// Mails that were delivered to where a developer can read them.
#[async_trait]
pub trait Mailbox: Send + Sync {
    /// The mails, newest first, at most `limit`.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn messages(&self, limit: usize) -> Result<Vec<MailboxMessage>, StoreError>;
}

/// A delivered mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxMessage {
    /// The local part of its Message-ID.
    pub id: String,
    /// Where it went.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// When it was written.
    pub at: Timestamp,
    /// The code that it carries, if it carries one.
    pub code: Option<String>,
    /// Its text body.
    pub text: String,
    /// Its HTML body.
    pub html: String,
}

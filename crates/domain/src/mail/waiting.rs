//! Where a waiting mail stands, and what becomes of it.

use super::content::MailKind;
use super::sealed::SealedMail;
use crate::Timestamp;
use crate::account::EmailAddress;

/// A claimed mail: ours to send until the lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailJob {
    /// Names it in lists and commands.
    pub id: MailId,
    /// Which claim of this mail it is: grows with every claim, never restarts; tells an old claim from a new one.
    pub lease: i64,
    /// Which attempt this is, from 1; starts again when the mail is requeued.
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

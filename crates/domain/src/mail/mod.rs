//! Mails: what they say, and how they wait to be sent.
//!
//! A mail waits sealed: its content is encrypted under a key that the store does not have, and wiped once it is sent.

mod content;
mod sealed;
mod waiting;

pub(crate) use content::digits;
pub use content::{Mail, MailContent, MailKind, MailMessage, Priority};
pub use sealed::{MailKey, SealedMail, Unreadable};
pub use waiting::{Delivery, MailEntry, MailId, MailJob, MailStatus, QueueStats};

//! Mails of Evently Auth: what they say, how they are written down, and where they go.
//!
//! - [`MailRenderer`] turns an envelope into a message; the same envelope always gives the same bytes.
//! - [`SmtpMailer`] hands messages to a mail server, over connections that are kept.
//! - [`FileMailbox`] delivers into a directory, and lists what was delivered, for embedded mode.
//!
//! A new kind of mail needs its words in `words.rs` alone: both layouts in `templates/` show them.

mod answer;
mod connections;
mod device;
mod eml;
mod file_mailbox;
mod renderer;
mod smtp_mailer;
mod untrusted;
mod words;

pub use connections::{InvalidServer, SmtpEncryption, SmtpOptions};
pub use file_mailbox::FileMailbox;
pub use renderer::{InvalidSender, MailRenderer};
pub use smtp_mailer::SmtpMailer;

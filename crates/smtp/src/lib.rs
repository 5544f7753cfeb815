//! Mails of Evently Auth: what they say, how they are written down, and where they go.
//!
//! - [`MailRenderer`] turns an envelope into a message; the same envelope always gives the same bytes.
//! - [`FileMailbox`] delivers into a directory, and lists what was delivered, for embedded mode.
//!
//! A new kind of mail needs its words in `words.rs` alone: both layouts in `templates/` show them.

mod device;
mod eml;
mod file_mailbox;
mod renderer;
mod untrusted;
mod words;

pub use file_mailbox::FileMailbox;
pub use renderer::{InvalidSender, MailRenderer};

//! What the rules need of the world. Each sentence in a port's documentation is a test in the contract suite.
//!
//! One call is one atomic step: it happened with all its effects, or it did not happen. Outcomes that a caller must
//! expect are values; `Err` means that something broke. No call is slower than its technology needs, and none waits
//! without bound.

mod access_tokens;
mod audit_log;
mod clock;
mod codes;
mod entropy;
mod mailer;
mod outbox;
mod password_hasher;
mod probe;
mod rate_limits;
mod session_cache;
mod sessions;
mod signals;
mod user_imports;
mod users;

pub use access_tokens::{AccessTokens, InvalidAccessToken};
pub use audit_log::AuditLog;
pub use clock::Clock;
pub use codes::Codes;
pub use entropy::Entropy;
pub use mailer::{Envelope, Mailbox, MailboxMessage, Mailer, MailerError};
pub use outbox::Outbox;
pub use password_hasher::{HashError, PasswordHasher, PasswordVerdict};
pub use probe::Probe;
pub use rate_limits::RateLimits;
pub use session_cache::{CachedSession, Place, SessionCache};
pub use sessions::{Opened, Rotation, Sessions, SessionsToEnd, UnchangedPassword};
pub use signals::{Signal, SignalListener, Signals};
pub use user_imports::{LegacyUsers, UserImports};
pub use users::{ChangedUser, CreatedUser, DeletedUser, Expected, UserChange, UserFilter, UserPage, Users};

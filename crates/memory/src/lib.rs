//! Every port in process, under the promises of the contract: the limits of embedded mode, and everybody's test double.
//!
//! [`MemoryWorld`] is the short way to a complete [`Auth`](evently_auth_domain::Auth) for tests, with a handle on each
//! part. Nothing here needs a runtime, and no lock is held across an await.

mod access_tokens;
mod audit_log;
mod codes;
mod entropy;
mod expiring;
mod fallback;
mod inbox;
mod outage;
mod outbox;
mod password_hasher;
mod rate_limits;
mod session_cache;
mod sessions;
mod signals;
mod state;
mod user_imports;
mod users;
mod world;

pub use access_tokens::MemoryAccessTokens;
pub use codes::MemoryCodes;
pub use entropy::SeededEntropy;
pub use fallback::FallbackRateLimits;
pub use inbox::{Inbox, InboxFailure};
pub use outage::Outage;
pub use password_hasher::PlainHasher;
pub use rate_limits::MemoryRateLimits;
pub use session_cache::MemorySessionCache;
pub use signals::MemorySignals;
pub use state::MemoryStore;
pub use world::MemoryWorld;

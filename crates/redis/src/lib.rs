//! Codes, limits, session cache and signals over Redis 7: one server, Sentinel or Cluster.
//!
//! [`RedisStore`] is the connection, in any shape; each port is a small type over it. Nothing here is the only place of
//! anything that must not be lost: `FLUSHALL` costs codes that wait to be used and counts of limits, nothing else.

mod codes;
mod config;
mod connection;
#[cfg(test)]
mod contract;
mod kept_session;
mod key;
mod measure;
mod probe;
mod rate_limits;
mod receipts;
#[cfg(test)]
mod rule;
mod script;
mod session_cache;
mod signal_line;
mod signal_message;
mod signals;
mod store;

pub use codes::RedisCodes;
pub use config::{Endpoint, InvalidRedisConfig, RedisConfig, TlsRoots, Topology};
pub use rate_limits::RedisRateLimits;
pub use session_cache::RedisSessionCache;
pub use signals::RedisSignals;
pub use store::RedisStore;

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

/// Parsers of outside input, for the fuzz targets alone.
#[cfg(fuzzing)]
pub mod fuzzing {
    use evently_auth_domain::error::StoreError;
    use evently_auth_domain::ports::Signal;
    use evently_auth_domain::session::{LiveSession, Sid};
    use evently_auth_domain::session_seal::SessionSealKey;

    /// A session as it is kept.
    ///
    /// # Errors
    /// `Corrupt` when it cannot be written.
    pub fn write_session(seals: &SessionSealKey, live: &LiveSession) -> Result<Vec<u8>, StoreError> {
        crate::kept_session::write(seals, live)
    }

    /// What is kept in the place of a session, if we wrote it.
    pub fn read_session(seals: &SessionSealKey, sid: &Sid, bytes: &[u8]) -> Option<LiveSession> {
        crate::kept_session::read(seals, sid, bytes)
    }

    /// A message of signals on the line between instances.
    pub fn write_signals(signals: &[Signal]) -> String {
        crate::signal_message::write(signals, None)
    }

    /// The signals of a message.
    pub fn read_signals(message: &[u8]) -> Vec<Signal> {
        let push = [redis::Value::BulkString(message.to_vec())];
        crate::signal_message::read(&push).signals
    }
}

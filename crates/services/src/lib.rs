//! Throwaway servers for tests, from installed binaries: PostgreSQL, Redis in its three shapes, and an SMTP sink.
//!
//! Each runs on a free port of 127.0.0.1 in a temporary folder, answers when its constructor returns, and is gone with
//! its folder when its handle is dropped; its processes go too when the test process is killed. A server can be
//! stopped, killed, frozen and started again on the same port and data, which is what tests about failures need.
//!
//! ```no_run
//! # async fn test() -> Result<(), evently_auth_services::Error> {
//! use evently_auth_services::{Postgres, Redis};
//!
//! let postgres = Postgres::launch().await?;
//! let redis = Redis::options().persistent(true).launch().await?;
//! postgres.kill().await?;
//! postgres.start().await?; // the same port, the same data
//! redis.freeze()?;
//! redis.thaw()?;
//! # Ok(())
//! # }
//! ```
//!
//! Needed are the Debian packages `postgresql`, `redis-server` and `util-linux` (for `setpriv`), on Linux.

mod certificates;
mod error;
mod folder;
mod port;
mod postgres;
mod process;
mod programs;
mod redis;
mod server;
pub mod sink;

pub use certificates::Certificates;
pub use error::Error;
pub use postgres::{Postgres, PostgresOptions};
pub use programs::{postgres_programs, redis_programs};
pub use redis::{Redis, RedisCluster, RedisOptions, RedisSentinel, Reply};

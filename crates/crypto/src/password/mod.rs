//! Password hashing: slow on purpose, bounded in number, and never on a thread that serves requests.

mod hasher;
mod memory;
mod params;
mod pool;
mod stored;

pub use hasher::{HasherConfig, HasherError, HasherPool};
pub use params::{HashParams, InvalidHashParams};
pub use pool::PoolLoad;
#[cfg(fuzzing)]
pub(crate) use stored::Stored;

//! Password hashing: slow on purpose, bounded in number, fair to client networks, and never on a thread that serves
//! requests nor in the way of one.

mod hasher;
mod memory;
mod pace;
mod params;
mod pool;
mod priority;
mod queue;
mod stored;

pub use hasher::{HasherConfig, HasherError, HasherPool};
pub use params::{HashParams, InvalidHashParams};
pub use pool::PoolLoad;
#[cfg(fuzzing)]
pub(crate) use stored::Stored;

//! What only Redis can break: servers that stop, die, freeze, forget, move or ask for proof. Each test has servers of
//! its own.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod access;
mod cluster;
mod failures;
mod keys;
mod limits;
mod measures;
mod runtimes;
mod sentinel;
mod world;

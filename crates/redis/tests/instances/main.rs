//! What several instances share over Redis: the contracts on one server and on a cluster, what no port can show, and
//! what becomes of the line when Redis is frozen, killed, restarted or flushed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod contract;
mod hearing;
mod outages;
mod seals;
mod world;

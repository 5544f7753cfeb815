//! The real binary, from outside: one journey a test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod commands;
mod harness;
mod journeys;
mod kill;
mod logs;
mod readme;
mod start;

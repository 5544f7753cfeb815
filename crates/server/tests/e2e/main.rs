//! The real binary, from outside: one journey a test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod attack;
mod chaos;
mod commands;
mod delivery;
mod devices;
mod failures;
mod harness;
mod import;
mod instances;
mod journeys;
mod kill;
mod logs;
mod operation;
mod readme;
mod start;
mod tampering;
mod topologies;
mod trips;

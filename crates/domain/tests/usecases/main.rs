//! The use cases on adapters in memory, with a clock that is moved by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod accounts;
mod administration;
mod audit;
mod codes;
mod concealment;
mod devices;
mod failures;
mod imports;
mod indistinguishable;
mod login;
mod mails;
mod outage;
mod overtaken;
mod passwords;
mod profile;
mod proofs;
mod sessions;
mod tokens;
mod world;

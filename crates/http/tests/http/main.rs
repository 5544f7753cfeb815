//! The routes over adapters in memory: what the contract says of status, body and headers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod admin;
mod audit;
mod bodies;
mod concealment;
mod coverage;
mod devices;
mod failures;
mod hanging_up;
mod headers;
mod hostile;
mod journeys;
mod limits;
mod logs;
mod openapi;
mod overload;
mod profile;
mod serving;
mod support;
mod system;

//! Several instances over one store: what one changes the others see, whatever happens in between.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

mod caching;
mod disturbed;
mod over_redis;
mod racing;
mod seeing;
mod tokens;
mod watched;
mod world;

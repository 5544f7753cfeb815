//! The doubles for what instances share keep the promises of the contract.

use chrono::TimeDelta;
use evently_auth_clock::MovableClock;
use evently_auth_contract::{SessionCacheHarness, SignalsHarness};
use evently_auth_memory::{MemorySessionCache, MemorySignals};
use std::sync::Arc;

async fn fresh_signals() -> SignalsHarness {
    let one = MemorySignals::default();
    let other = one.instance();
    let cut = other.clone();
    SignalsHarness {
        one: Arc::new(one),
        other: Arc::new(other),
        interrupt: Box::new(move || {
            cut.set_line(false);
            cut.set_line(true);
            Box::pin(std::future::ready(()))
        }),
        keep: Box::new(()),
    }
}

async fn fresh_session_cache() -> SessionCacheHarness {
    let clock = MovableClock::default();
    let cache = MemorySessionCache::new(Arc::new(clock.clone()));
    let flushed = cache.clone();
    SessionCacheHarness {
        one: Arc::new(cache.clone()),
        other: Arc::new(cache),
        advance: Box::new(move |delta: TimeDelta| {
            clock.advance(delta);
            Box::pin(std::future::ready(()))
        }),
        flush: Box::new(move || {
            flushed.flush();
            Box::pin(std::future::ready(()))
        }),
        keep: Box::new(()),
    }
}

evently_auth_contract::signals!(fresh_signals);
evently_auth_contract::session_cache!(fresh_session_cache);

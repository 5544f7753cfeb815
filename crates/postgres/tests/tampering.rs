//! Whoever owns the tables and tampers with the audit in them is found out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod support;

use chrono::TimeDelta;
use evently_auth_clock::MovableClock;
use evently_auth_contract::{TamperHarness, given};
use evently_auth_domain::keys::Keys;
use evently_auth_domain::settings::Settings;
use evently_auth_domain::{Auth, Ports};
use evently_auth_memory::MemoryWorld;
use std::sync::Arc;
use support::Database;

async fn fresh() -> TamperHarness {
    let database = Database::new().await;
    let clock = MovableClock::default();
    let settings = Settings { audit_retention: Some(TimeDelta::days(30)), ..Settings::default() };
    let world = MemoryWorld::with_settings(Arc::new(clock.clone()), settings);
    let keys = Keys { audit: given::audit_key(), ..world.keys().clone() };
    let store = Arc::new(database.store.clone());
    let ports = Ports { outbox: store.clone(), audit_log: store.clone(), ..world.ports() };
    let raw = database.raw().await;
    raw.batch_execute("SET session_replication_role = replica").await.unwrap();
    let raw = Arc::new(raw);
    TamperHarness {
        auth: Auth::new(ports, world.settings().clone(), keys),
        outbox: store.clone(),
        audit_log: store,
        advance: Box::new(move |delta| {
            clock.advance(delta);
            Box::pin(async {})
        }),
        sql: Box::new(move |sql| {
            let raw = raw.clone();
            Box::pin(async move { raw.batch_execute(&sql).await.expect(&sql) })
        }),
        keep: Box::new(database),
    }
}

evently_auth_contract::tampering!(fresh);

//! Every clause of every port that this crate implements, each over a database of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod support;

use evently_auth_contract::{ProbeHarness, StoreHarness};
use evently_auth_postgres::PgServer;
use std::sync::Arc;
use support::Database;

async fn fresh() -> StoreHarness {
    let database = Database::new().await;
    StoreHarness {
        users: Arc::new(database.store.clone()),
        sessions: Arc::new(database.store.clone()),
        outbox: Arc::new(database.store.clone()),
        audit_log: Arc::new(database.store.clone()),
        keep: Box::new(database),
    }
}

async fn probe() -> ProbeHarness {
    let database = Database::new().await;
    // Nobody listens there.
    let away = support::store(&PgServer { host: "127.0.0.1".to_owned(), port: 1, ..database.server.clone() });
    ProbeHarness { present: Arc::new(database.store.clone()), away: Arc::new(away), keep: Box::new(database) }
}

evently_auth_contract::users!(fresh);
evently_auth_contract::sessions!(fresh);
evently_auth_contract::outbox!(fresh);
evently_auth_contract::audit_log!(fresh);
evently_auth_contract::probe!(probe);

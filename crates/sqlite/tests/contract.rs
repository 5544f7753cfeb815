//! Every clause of every port that this crate implements, each over a database of its own.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use evently_auth_clock::MovableClock;
use evently_auth_contract::{CodesHarness, ImportHarness, ProbeHarness, StoreHarness, given};
use evently_auth_sqlite::{SqliteCodes, SqliteStore};
use std::sync::Arc;
use tempfile::TempDir;

async fn database() -> (SqliteStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("auth.db"), given::audit_key()).await.unwrap();
    store.migrate_up().await.unwrap();
    (store, folder)
}

async fn store() -> StoreHarness {
    importing().await.store
}

async fn importing() -> ImportHarness {
    let (store, folder) = database().await;
    let harness = StoreHarness {
        users: Arc::new(store.clone()),
        sessions: Arc::new(store.clone()),
        outbox: Arc::new(store.clone()),
        audit_log: Arc::new(store.clone()),
        keep: Box::new(folder),
    };
    ImportHarness { store: harness, imports: Arc::new(store) }
}

async fn codes() -> CodesHarness {
    let (store, folder) = database().await;
    let clock = MovableClock::default();
    CodesHarness {
        codes: Arc::new(SqliteCodes::new(store, Arc::new(clock.clone()))),
        advance: Box::new(move |delta| {
            clock.advance(delta);
            Box::pin(async {})
        }),
        keep: Box::new(folder),
    }
}

async fn probe() -> ProbeHarness {
    let (present, folder) = database().await;
    // A file that holds no tables of ours any more.
    let (away, other) = database().await;
    away.migrate_down(usize::MAX).await.unwrap();
    ProbeHarness { present: Arc::new(present), away: Arc::new(away), keep: Box::new((folder, other)) }
}

evently_auth_contract::users!(store);
evently_auth_contract::user_imports!(importing);
evently_auth_contract::sessions!(store);
evently_auth_contract::outbox!(store);
evently_auth_contract::audit_log!(store);
evently_auth_contract::codes!(codes);
evently_auth_contract::probe!(probe);

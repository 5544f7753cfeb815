//! Whoever owns the file and tampers with the audit in it is found out.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use evently_auth_clock::MovableClock;
use evently_auth_contract::{TamperHarness, given};
use evently_auth_domain::keys::Keys;
use evently_auth_domain::settings::Settings;
use evently_auth_domain::{Auth, Ports};
use evently_auth_memory::MemoryWorld;
use evently_auth_sqlite::SqliteStore;
use std::sync::{Arc, Mutex};

#[derive(QueryableByName)]
struct Trigger {
    #[diesel(sql_type = Text)]
    name: String,
}

async fn fresh() -> TamperHarness {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("auth.db");
    let clock = MovableClock::default();
    let settings = Settings { audit_retention: Some(TimeDelta::days(30)), ..Settings::default() };
    let world = MemoryWorld::with_settings(Arc::new(clock.clone()), settings);
    let keys = Keys { audit: given::audit_key(), ..world.keys().clone() };
    let store = Arc::new(SqliteStore::open(&file, keys.audit.clone()).await.unwrap());
    store.migrate_up().await.unwrap();
    let ports = Ports { outbox: store.clone(), audit_log: store.clone(), ..world.ports() };

    let mut raw = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    raw.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = OFF").unwrap();
    let triggers = diesel::sql_query("SELECT name FROM sqlite_master WHERE type = 'trigger'");
    for Trigger { name } in triggers.load(&mut raw).unwrap() {
        raw.batch_execute(&format!("DROP TRIGGER {name}")).unwrap();
    }
    let raw = Arc::new(Mutex::new(raw));
    TamperHarness {
        auth: Auth::new(ports, world.settings().clone(), keys),
        outbox: store.clone(),
        audit_log: store,
        advance: Box::new(move |delta| {
            clock.advance(delta);
            Box::pin(async {})
        }),
        sql: Box::new(move |sql| {
            raw.lock().unwrap().batch_execute(&sql).unwrap();
            Box::pin(async {})
        }),
        keep: Box::new(folder),
    }
}

evently_auth_contract::tampering!(fresh);

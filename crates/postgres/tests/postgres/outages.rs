//! A server that is killed, restarted or frozen: bounded waits, and recovery without our help.

use crate::Database;
use crate::support::{config, store};
use evently_auth_contract::given;
use evently_auth_domain::account::User;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreErrorKind;
use evently_auth_domain::ports::{CreatedUser, Probe, Users};
use evently_auth_postgres::{PgServer, PgStore};
use evently_auth_services::Postgres;
use std::time::{Duration, Instant};

/// Whom to ask on `server`.
fn address(server: &Postgres) -> PgServer {
    PgServer {
        host: "127.0.0.1".to_owned(),
        port: server.port(),
        name: "postgres".to_owned(),
        user: "evently".to_owned(),
        password: Some(server.password().to_owned()),
        tls: false,
    }
}

async fn migrated(server: &Postgres) -> PgStore {
    let store = store(&address(server));
    store.migrate_up().await.unwrap();
    store
}

async fn add(store: &PgStore, name: &str) -> User {
    match store.create(given::user(name), given::effects()).await.unwrap() {
        CreatedUser::Created(user) => user,
        CreatedUser::Taken => panic!("taken"),
    }
}

/// Fills the pool: `count` calls at once.
async fn crowd(store: &PgStore, count: usize) {
    let calls = (0..count).map(|_| store.probe());
    for result in futures_util::future::join_all(calls).await {
        result.unwrap();
    }
}

#[tokio::test]
async fn every_call_after_the_backends_were_terminated_succeeds() {
    let database = Database::new().await;
    crowd(&database.store, 8).await;
    let end = "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    database.raw().await.batch_execute(end).await.unwrap();
    for number in 0..8 {
        add(&database.store, &format!("user{number}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_killed_is_used_again_when_it_is_back() {
    let server = Postgres::launch().await.unwrap();
    let store = migrated(&server).await;
    let ada = add(&store, "ada").await;
    for killed in [true, false] {
        crowd(&store, 4).await;
        if killed {
            server.kill().await.unwrap();
        } else {
            server.stop().await.unwrap();
        }
        let start = Instant::now();
        let read = Users::find(&store, ada.id).await.unwrap_err();
        let write = store.create(given::user("eve"), Effects::default()).await.unwrap_err();
        assert_eq!((read.kind, write.kind), (StoreErrorKind::Unavailable, StoreErrorKind::Unavailable));
        assert!(start.elapsed() < Duration::from_secs(5), "refused at once");
        server.start().await.unwrap();
        for number in 0..6 {
            add(&store, &format!("user-{killed}-{number}")).await;
        }
        assert_eq!(Users::find(&store, ada.id).await.unwrap().as_ref(), Some(&ada));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_server_keeps_nobody_waiting_for_long() {
    let server = Postgres::launch().await.unwrap();
    let store = migrated(&server).await;
    let ada = add(&store, "ada").await;
    crowd(&store, 4).await;
    server.freeze().unwrap();
    let start = Instant::now();
    // More than the pool has connections.
    let calls = (0..40).map(|_| Users::find(&store, ada.id));
    for result in futures_util::future::join_all(calls).await {
        assert_eq!(result.unwrap_err().kind, StoreErrorKind::Unavailable);
    }
    let waited = start.elapsed();
    assert!(waited < Duration::from_secs(6), "{waited:?}, with a second more for a busy machine");
    let start = Instant::now();
    store.probe().await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(3));
    server.thaw().unwrap();
    assert_eq!(Users::find(&store, ada.id).await.unwrap(), Some(ada));
    add(&store, "bob").await;
}

/// Somebody listens and says nothing.
#[tokio::test]
async fn a_server_that_never_answers_is_away() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = PgServer {
        host: "127.0.0.1".to_owned(),
        port,
        name: "postgres".to_owned(),
        user: "nobody".to_owned(),
        password: None,
        tls: false,
    };
    for tls in [false, true] {
        let mut config = config(&PgServer { tls, ..server.clone() });
        config.roots = Some(rustls::RootCertStore::empty());
        let store = PgStore::new(&config, given::audit_key()).unwrap();
        let start = Instant::now();
        let failure = Users::list(&store, &given::everybody()).await.unwrap_err();
        assert_eq!(failure.kind, StoreErrorKind::Unavailable);
        assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    }
}

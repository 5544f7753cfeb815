//! A server has a runtime for each of its threads: each has connections of its own, as long as there are enough, and
//! otherwise they share.

use crate::support::config;
use crate::{Database, number};
use evently_auth_contract::{given, run};
use evently_auth_domain::ports::Probe;
use evently_auth_postgres::{PgConfig, PgStore};
use tokio::runtime::{Builder, Runtime};

const CONNECTIONS: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'evently-auth'";

/// A store that nobody has used yet, with so many connections at most.
fn store(database: &Database, pool_size: usize) -> PgStore {
    PgStore::new(&PgConfig { pool_size, ..config(&database.server) }, given::audit_key()).unwrap()
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

async fn ask(runtime: &Runtime, store: &PgStore) {
    let store = store.clone();
    runtime.spawn(async move { store.probe().await }).await.unwrap().unwrap();
}

/// How many connections three runtimes open that take turns in asking, when there may be so many.
async fn opened(pool_size: usize) -> i64 {
    let database = Database::new().await;
    let (store, runtimes) = (store(&database, pool_size), [runtime(), runtime(), runtime()]);
    for _ in 0..3 {
        for runtime in &runtimes {
            ask(runtime, &store).await;
        }
    }
    let opened = number(&database.raw().await, CONNECTIONS).await;
    runtimes.into_iter().for_each(Runtime::shutdown_background);
    opened
}

#[test]
fn each_keeps_to_the_connections_that_it_opened() {
    run(async { assert_eq!(opened(5).await, 3) });
}

#[test]
fn where_there_are_too_few_connections_they_share() {
    run(async { assert_eq!(opened(2).await, 2) });
}

#[test]
fn a_connection_that_ended_with_its_runtime_is_not_lent() {
    run(async {
        let database = Database::new().await;
        let (store, first, second) = (store(&database, 1), runtime(), runtime());
        ask(&first, &store).await;
        ask(&second, &store).await;
        tokio::task::spawn_blocking(move || drop(first)).await.unwrap();
        ask(&second, &store).await;
        second.shutdown_background();
    });
}

//! What only PostgreSQL can break: servers that go away and come back, constraints, triggers, migrations,
//! encryption, replicas.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod audit;
mod counts;
mod encryption;
mod failures;
mod measures;
mod migrations;
mod outages;
mod races;
mod replicas;
mod runtimes;
mod schema;
#[path = "../support/mod.rs"]
mod support;
mod sweeps;
mod waits;

use support::{Database, number};
use tokio_postgres::Client;

/// The server's complaint about `sql`, in full.
async fn refusal(raw: &Client, sql: &str) -> String {
    let error = raw.batch_execute(sql).await.expect_err(sql);
    error.as_db_error().unwrap_or_else(|| panic!("{sql}: {error}")).message().to_owned()
}

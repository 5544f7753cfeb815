//! What only SQLite can break: files, constraints, triggers, migrations.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod audit;
mod durability;
mod failures;
mod files;
mod migrations;
mod schema;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use evently_auth_contract::given;
use evently_auth_domain::account::{NewUser, User};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{CreatedUser, Opened, Sessions, UnchangedPassword, Users};
use evently_auth_sqlite::SqliteStore;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A migrated database in a folder that goes away with it.
struct Database {
    store: SqliteStore,
    folder: TempDir,
}

impl Database {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&file(folder.path())).await.unwrap();
        store.migrate_up().await.unwrap();
        Self { store, folder }
    }

    fn file(&self) -> PathBuf {
        file(self.folder.path())
    }

    /// A connection beside the store's.
    fn raw(&self) -> SqliteConnection {
        let mut connection = SqliteConnection::establish(self.file().to_str().unwrap()).unwrap();
        connection.batch_execute("PRAGMA foreign_keys = ON").unwrap();
        connection
    }

    async fn add(&self, new: NewUser) -> User {
        match self.store.create(new, Effects::default()).await.unwrap() {
            CreatedUser::Created(user) => user,
            CreatedUser::Taken => panic!("taken"),
        }
    }

    async fn open_session(&self, user: &User, number: usize) {
        let password = UnchangedPassword { verified: given::password(), rehashed: None };
        let opened = self.store.open(given::session(user, number), password, Effects::default()).await;
        assert!(matches!(opened.unwrap(), Opened::Opened(_)));
    }
}

fn file(folder: &Path) -> PathBuf {
    folder.join("auth.db")
}

async fn open(file: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(file, given::audit_key()).await
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// The number that `sql` selects under the name `number`.
fn number(connection: &mut SqliteConnection, sql: &str) -> i64 {
    diesel::sql_query(sql).get_result::<Number>(connection).unwrap().number
}

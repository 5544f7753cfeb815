//! Importing the old service's accounts: the clauses of `UserImports`, and its table in a database of its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

mod support;

use async_trait::async_trait;
use evently_auth_clock::MovableClock;
use evently_auth_contract::{ImportHarness, StoreHarness};
use evently_auth_domain::account::{Credentials, Identifier, Role, UserId};
use evently_auth_domain::error::{StoreError, StoreErrorKind};
use evently_auth_domain::import::LegacyUser;
use evently_auth_domain::ports::{AuditLog, LegacyUsers, Users};
use evently_auth_domain::usecases::{ImportError, ImportProgress, ImportSummary, ImportUsers};
use evently_auth_memory::MemoryWorld;
use evently_auth_postgres::{LegacyTable, PgServer};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use support::{Database, number};

async fn fresh() -> ImportHarness {
    let database = Database::new().await;
    let imports = Arc::new(database.store.clone());
    let store = StoreHarness {
        users: imports.clone(),
        sessions: imports.clone(),
        outbox: imports.clone(),
        audit_log: imports.clone(),
        keep: Box::new(database),
    };
    ImportHarness { store, imports }
}

evently_auth_contract::user_imports!(fresh);

/// As the old service made it.
const OLD_TABLE: &str = "
    CREATE TYPE userrole AS ENUM ('USER', 'ADMIN');
    CREATE TABLE users (
        id serial PRIMARY KEY,
        email varchar NOT NULL UNIQUE,
        username varchar NOT NULL UNIQUE,
        hashed_password varchar NOT NULL,
        full_name varchar,
        is_active boolean DEFAULT true,
        is_verified boolean DEFAULT false,
        role userrole,
        created_at timestamp without time zone,
        updated_at timestamp with time zone,
        last_login timestamp without time zone
    );";

const HASH: &str = "$2b$12$./abcdefghijklmnopqrstu/0123456789ABCDEFGHIJKLMNOPQR";

/// A thousand rows, ids with gaps: every 100th has the address of the row before but for its case, every 250th
/// no address that mail could reach.
fn thousand_rows() -> String {
    format!(
        "INSERT INTO users
         SELECT 3 * n,
            CASE WHEN n % 250 = 7 THEN 'nowhere' || n
                 WHEN n % 100 = 50 THEN 'USER-' || n - 1 || '@Example.com'
                 ELSE 'user-' || n || '@example.com' END,
            'User_' || n, '{HASH}', 'Person ' || n, n % 10 <> 0, true,
            (CASE WHEN n % 500 = 1 THEN 'ADMIN' ELSE 'USER' END)::userrole,
            timestamp '2024-05-06 07:08:09.123456' + n * interval '1 hour',
            timestamptz '2024-06-07 08:09:10.654321+02' + n * interval '1 hour',
            CASE WHEN n % 2 = 0 THEN timestamp '2024-07-08 09:10:11.000001' END
         FROM generate_series(1, 1000) AS n"
    )
}

const WHOLE: ImportSummary = ImportSummary { imported: 986, already_there: 0, conflicts: 10, skipped: 4 };

async fn old_database(rows: &str) -> Database {
    let database = Database::bare().await;
    let client = database.raw().await;
    client.batch_execute(OLD_TABLE).await.unwrap();
    client.batch_execute(rows).await.unwrap();
    database
}

async fn legacy(old: &Database) -> LegacyTable {
    LegacyTable::open(&old.server, None).await.unwrap()
}

/// The summary, and a line for each remark.
async fn import(
    from: &dyn LegacyUsers,
    into: &Database,
    dry_run: bool,
) -> (Result<ImportSummary, ImportError>, Vec<String>) {
    let auth = MemoryWorld::new(Arc::new(MovableClock::default())).auth();
    let mut lines = Vec::new();
    let mut report = |progress: ImportProgress<'_>| {
        if let ImportProgress::Remark(id, remark) = progress {
            lines.push(format!("{id}: {remark}"));
        }
    };
    let options = ImportUsers { batch_size: 64, dry_run };
    let result = auth.import_users(from, &into.store, options, &mut report).await;
    (result, lines)
}

async fn users(database: &Database) -> i64 {
    number(&database.raw().await, "SELECT count(*) FROM users").await
}

#[test]
fn a_thousand_accounts_are_brought_with_ids_times_and_hashes() {
    evently_auth_contract::run(async {
        let (old, new) = (old_database(&thousand_rows()).await, Database::new().await);
        let legacy = legacy(&old).await;
        assert_eq!(legacy.count().await.unwrap(), 1000);

        let (looked, said) = import(&legacy, &new, true).await;
        assert_eq!((looked.unwrap(), users(&new).await), (WHOLE, 0));
        let (summary, lines) = import(&legacy, &new, false).await;
        assert_eq!((summary.unwrap(), users(&new).await), (WHOLE, 986));
        assert_eq!(said, lines);
        assert_eq!(lines.len(), 14);
        assert_eq!(lines[0], "21: skipped: its email is no address that mail could reach");
        assert_eq!(lines[1], "150: conflict: its email belongs to account 147");

        let Credentials { user, password } =
            new.store.find_credentials(&Identifier::Id(UserId(6))).await.unwrap().unwrap();
        assert_eq!((user.email.as_str(), user.username.as_str()), ("user-2@example.com", "user_2"));
        assert_eq!(user.created_at.to_rfc3339(), "2024-05-06T09:08:09.123456+00:00");
        assert_eq!(user.updated_at.to_rfc3339(), "2024-06-07T08:09:10.654321+00:00");
        assert_eq!(user.last_login.unwrap().to_rfc3339(), "2024-07-08T09:10:11.000001+00:00");
        assert_eq!(password.expose(), HASH);
        let admin = new.store.find(UserId(3)).await.unwrap().unwrap();
        assert_eq!((admin.role, admin.last_login), (Role::Admin, None));

        let later = new.add(evently_auth_contract::given::user("later")).await;
        assert!(later.id.0 > 3000, "{}", later.id);
        assert_eq!(new.store.rows(0, 100).await.unwrap().len(), 16, "an event for each batch");
        let (second, _) = import(&legacy, &new, false).await;
        assert_eq!(second.unwrap(), ImportSummary { imported: 0, already_there: 986, ..WHOLE });
    });
}

/// A table whose server goes away after some batches.
struct Interrupted {
    table: LegacyTable,
    batches: AtomicU32,
}

#[async_trait]
impl LegacyUsers for Interrupted {
    async fn count(&self) -> Result<u64, StoreError> {
        self.table.count().await
    }

    async fn after(&self, after: i64, limit: u32) -> Result<Vec<LegacyUser>, StoreError> {
        if self.batches.fetch_add(1, Ordering::Relaxed) >= 5 {
            return Err(StoreError::unavailable("pulled the plug"));
        }
        self.table.after(after, limit).await
    }
}

#[test]
fn an_interrupted_import_is_resumed_and_touches_nothing_that_changed_here() {
    evently_auth_contract::run(async {
        let (old, new) = (old_database(&thousand_rows()).await, Database::new().await);
        let interrupted = Interrupted { table: legacy(&old).await, batches: AtomicU32::new(0) };
        let (result, _) = import(&interrupted, &new, false).await;
        assert!(matches!(result, Err(ImportError::Source(_))));
        let brought = users(&new).await;
        assert!(brought > 250 && brought < 320, "five batches stay: {brought}");

        let client = new.raw().await;
        let here = "UPDATE users SET email = 'moved@example.com', hashed_password = 'new' WHERE id = 3";
        client.batch_execute(here).await.unwrap();
        let (summary, _) = import(&legacy(&old).await, &new, false).await;
        let summary = summary.unwrap();
        assert_eq!(
            (summary.imported, summary.already_there),
            (986 - brought.unsigned_abs(), brought.unsigned_abs())
        );
        assert_eq!((summary.conflicts, summary.skipped), (WHOLE.conflicts, WHOLE.skipped));
        let kept = "SELECT count(*) FROM users WHERE id = 3 AND email = 'moved@example.com' AND hashed_password = 'new'";
        assert_eq!(number(&client, kept).await, 1);
    });
}

#[test]
fn a_connection_that_was_lost_is_opened_again() {
    evently_auth_contract::run(async {
        let old = old_database(&thousand_rows()).await;
        let legacy = legacy(&old).await;
        let others = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()";
        assert_eq!(number(&old.raw().await, others).await, 1);
        assert_eq!(legacy.after(0, 10).await.unwrap().len(), 10);
    });
}

#[test]
fn nothing_is_written_into_the_old_database() {
    evently_auth_contract::run(async {
        let old = old_database("").await;
        let trap = "CREATE FUNCTION write() RETURNS text LANGUAGE sql AS
                $$ INSERT INTO users VALUES (2, 'b', 'b', 'b') RETURNING 'b' $$;
            INSERT INTO users VALUES (1, 'a', 'a', 'a');
            ALTER TABLE users RENAME TO real_users;
            CREATE VIEW users AS SELECT id, write() AS email, username, hashed_password, is_active, is_verified,
                role, created_at FROM real_users";
        let trap = trap.replace("INSERT INTO users VALUES (2", "INSERT INTO real_users VALUES (2");
        let trap = trap.replace("CREATE FUNCTION", "SET check_function_bodies = off; CREATE FUNCTION");
        let client = old.raw().await;
        client.batch_execute(&trap).await.unwrap();
        let refused = legacy(&old).await.after(0, 10).await.unwrap_err().to_string();
        assert!(refused.contains("read-only transaction"), "{refused}");
        assert_eq!(number(&client, "SELECT count(*) FROM real_users").await, 1);
    });
}

#[test]
fn columns_may_be_missing_empty_or_endless() {
    evently_auth_contract::run(async {
        let old = Database::bare().await;
        let table = "CREATE TABLE users (id bigint, email text, username text, hashed_password text,
                is_active boolean, is_verified boolean, role text, created_at timestamptz, updated_at timestamp);
            INSERT INTO users VALUES (9000000000, NULL, NULL, NULL, NULL, NULL, NULL, 'infinity', '-infinity'),
                (-5, 'a@example.com', 'ada', 'x', true, true, 'admin', '2024-01-01 00:00:00+00', NULL)";
        old.raw().await.batch_execute(table).await.unwrap();
        let rows = legacy(&old).await.after(i64::MIN, 10).await.unwrap();
        assert_eq!((rows[0].id, rows[0].full_name.clone(), rows[0].last_login), (-5, None, None));
        assert_eq!(rows[0].created_at.unwrap().to_rfc3339(), "2024-01-01T00:00:00+00:00");
        let bare = &rows[1];
        assert_eq!((bare.email.as_str(), bare.username.as_str(), bare.password.expose()), ("", "", ""));
        assert_eq!((bare.is_active, bare.is_verified, bare.role.as_str()), (false, false, "user"));
        assert_eq!((bare.created_at, bare.updated_at), (None, None));
    });
}

#[test]
fn a_row_that_is_out_of_all_bounds_stops_nothing() {
    evently_auth_contract::run(async {
        let rows = "INSERT INTO users VALUES
            (1, 'a@example.com', 'ada', 'x', repeat('é', 3000000), true, true, 'USER',
                '290000-01-01', '0044-03-15 12:00:00+00 BC', '10000-01-01'),
            (2, 'b@example.com', 'bob', repeat('x', 3000000), NULL, true, true, 'USER', '2024-01-01', NULL, NULL)";
        let rows = legacy(&old_database(rows).await).await.after(i64::MIN, 10).await.unwrap();
        let ada = &rows[0];
        assert_eq!((ada.created_at, ada.updated_at, ada.last_login), (None, None, None));
        assert_eq!(ada.full_name.as_ref().unwrap().chars().count(), 1_000);
        assert_eq!(rows[1].password.expose().len(), 1_000);
        assert_eq!(rows[1].created_at.unwrap().to_rfc3339(), "2024-01-01T00:00:00+00:00");
    });
}

#[test]
fn another_database_is_told() {
    evently_auth_contract::run(async {
        let said = async |sql: &str| {
            let old = Database::bare().await;
            old.raw().await.batch_execute(sql).await.unwrap();
            let error = LegacyTable::open(&old.server, None).await.map(|_| ()).unwrap_err();
            assert_eq!(error.kind, StoreErrorKind::Corrupt);
            error.to_string()
        };
        assert!(said("").await.contains("there is no table `users` in it"));
        let line = said("CREATE TABLE users (id int, email text, username text)").await;
        assert!(line.contains("its table `users` has no column `hashed_password`"), "{line}");
        let uuids = OLD_TABLE.replace("id serial", "id uuid");
        assert!(said(&uuids).await.contains("the ids of its table `users` are no integers"));

        let away = PgServer { port: 1, ..support::administrator() };
        let error = LegacyTable::open(&away, None).await.map(|_| ()).unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Unavailable);
    });
}

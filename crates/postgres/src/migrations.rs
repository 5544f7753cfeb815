//! The schema's versions. One migrator works at a time, each migration happens as a whole or not at all, and
//! none keeps the running service waiting: it gives up on a lock that it does not get at once, and tries
//! again.
//!
//! A migration that is not run in a transaction (`metadata.toml`) builds one index concurrently and is named
//! like it. It waits for whoever uses the table, but keeps nobody waiting.

use crate::failure::{Failure, LOCK_TIMEOUT};
use crate::store::PgStore;
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use evently_auth_domain::error::StoreError;
use std::error::Error;
use std::time::Duration;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// How long another migrator, or a lock that somebody holds, is waited for; and how long between the
/// attempts.
const ATTEMPTS: u32 = 60;
const PAUSE: Duration = Duration::from_secs(1);

/// The advisory lock that migrators hold while they are connected.
const LOCK: &str = "SELECT pg_try_advisory_lock(7311419236528112642) AS flag";

type Blocking = AsyncConnectionWrapper<AsyncPgConnection>;
type Known = Vec<Box<dyn Migration<Pg>>>;

impl PgStore {
    /// Applies the migrations that are missing, one after the other; names them. The service may run
    /// meanwhile, this version or the one before.
    ///
    /// # Errors
    /// When the database is away, another migrator does not come to an end, a lock is not to be had, or a
    /// migration fails; those before it stay applied.
    pub async fn migrate_up(&self) -> Result<Vec<String>, StoreError> {
        self.migrate(|connection| {
            let applied = applied(connection)?;
            let known = known()?;
            let missing = known.iter().filter(|migration| !applied.contains(&version(&***migration)));
            let missing: Vec<_> = missing.collect();
            if !missing.is_empty() {
                refuse_newer(&applied, &known)?;
            }
            for migration in &missing {
                patiently(connection, |connection| apply(connection, &**migration))?;
            }
            Ok(missing.iter().map(|migration| migration.name().to_string()).collect())
        })
        .await
    }

    /// Takes back the latest `steps` migrations, one after the other; names them. Their data is gone.
    ///
    /// # Errors
    /// As [`PgStore::migrate_up`], and when the database was migrated by a newer version.
    pub async fn migrate_down(&self, steps: usize) -> Result<Vec<String>, StoreError> {
        self.migrate(move |connection| {
            let applied = applied(connection)?;
            let known = known()?;
            refuse_newer(&applied, &known)?;
            let latest = known.iter().rev().filter(|migration| applied.contains(&version(&***migration)));
            let latest: Vec<_> = latest.take(steps).collect();
            for migration in &latest {
                patiently(connection, |connection| connection.revert_migration(&**migration))?;
            }
            Ok(latest.iter().map(|migration| migration.name().to_string()).collect())
        })
        .await
    }

    /// Every migration of this version in order, and whether it is applied.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn migration_status(&self) -> Result<Vec<(String, bool)>, StoreError> {
        let applied = self.read("migrations.status", move |connection| async move {
            let exists =
                diesel::sql_query("SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AS flag");
            if !exists.get_result::<Flag>(&mut connection.get()?).await?.flag {
                return Ok(Vec::new());
            }
            let applied = diesel::sql_query("SELECT version FROM __diesel_schema_migrations");
            Ok(applied.load::<Applied>(&mut connection.get()?).await?)
        });
        let applied: Vec<_> = applied.await?.into_iter().map(|row| row.version).collect();
        let known = known()?;
        let status = known
            .iter()
            .map(|migration| (migration.name().to_string(), applied.contains(&version(&**migration))));
        Ok(status.collect())
    }

    /// The migrations that this version needs and the database lacks, in order. A database that a newer
    /// version migrated is none the worse: a migration leaves what the version before it needs.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        let status = self.migration_status().await?;
        Ok(status.into_iter().filter(|(_, applied)| !applied).map(|(name, _)| name).collect())
    }

    /// Runs `job` on a connection of its own, which holds the lock of migrators.
    async fn migrate<T, J>(&self, job: J) -> Result<T, StoreError>
    where
        J: FnOnce(&mut Blocking) -> Result<T, Failure> + Send + 'static,
        T: Send + 'static,
    {
        let connector = self.connector.clone().migrating();
        let connection =
            connector.connect().await.map_err(|error| StoreError::unavailable(error.to_string()))?;
        let task = tokio::task::spawn_blocking(move || {
            let mut connection = Blocking::from(connection);
            lock(&mut connection)?;
            job(&mut connection)
        });
        Ok(task.await.map_err(StoreError::unavailable)??)
    }
}

#[derive(QueryableByName)]
struct Flag {
    #[diesel(sql_type = Bool)]
    flag: bool,
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

fn lock(connection: &mut Blocking) -> Result<(), Failure> {
    for _ in 0..ATTEMPTS {
        let asked = diesel::sql_query(LOCK);
        if diesel::RunQueryDsl::get_result::<Flag>(asked, connection)?.flag {
            return Ok(());
        }
        std::thread::sleep(PAUSE);
    }
    Err(Failure::Store(StoreError::contention("another migration is still running")))
}

/// For how long the transactions of others are waited for while an index is built beside them.
const BESIDE_OTHERS: &str = "SET lock_timeout = '10min'";
const AMONG_OTHERS: &str = "SET lock_timeout = '2s'";

fn apply(
    connection: &mut Blocking,
    migration: &dyn Migration<Pg>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    if migration.metadata().run_in_transaction() {
        return connection.run_migration(migration).map(|_| ());
    }
    let name = migration.name().to_string();
    let index = name.split_once('_').map_or("", |(_, index)| index);
    connection.batch_execute(BESIDE_OTHERS)?;
    // What an attempt that broke off left behind is not valid and never will be.
    connection.batch_execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS {index}"))?;
    connection.run_migration(migration)?;
    Ok(connection.batch_execute(AMONG_OTHERS)?)
}

/// Runs `step` until it gets its locks.
fn patiently<T>(
    connection: &mut Blocking,
    step: impl Fn(&mut Blocking) -> Result<T, Box<dyn Error + Send + Sync>>,
) -> Result<T, Failure> {
    let mut attempt = 1;
    loop {
        match step(connection) {
            // diesel_migrations keeps the type of the error to itself.
            Err(error) if error.to_string().contains(LOCK_TIMEOUT) => {
                if attempt == ATTEMPTS {
                    return Err(Failure::Store(StoreError::contention(error)));
                }
                tracing::info!(attempt, "a migration waits for a lock");
                attempt += 1;
                std::thread::sleep(PAUSE);
            }
            result => return result.map_err(failure),
        }
    }
}

/// Fails when the database has a migration that this version does not know.
fn refuse_newer(applied: &[String], known: &Known) -> Result<(), Failure> {
    match applied.iter().find(|applied| !known.iter().any(|known| version(&**known) == **applied)) {
        None => Ok(()),
        Some(unknown) => Err(Failure::away(format!(
            "the database was migrated by a newer version (unknown migration {unknown}): \
             use that version to migrate"
        ))),
    }
}

fn applied(connection: &mut Blocking) -> Result<Vec<String>, Failure> {
    let versions = connection.applied_migrations().map_err(failure)?;
    Ok(versions.iter().map(ToString::to_string).collect())
}

fn known() -> Result<Known, Failure> {
    let mut migrations: Known = MIGRATIONS.migrations().map_err(failure)?;
    migrations.sort_by_key(|migration| version(&**migration));
    Ok(migrations)
}

fn version(migration: &dyn Migration<Pg>) -> String {
    migration.name().version().to_string()
}

fn failure(error: Box<dyn Error + Send + Sync>) -> Failure {
    Failure::Store(StoreError::unavailable(error))
}

//! The schema's versions. A change of version happens as a whole or not at all, also when two processes try
//! at once.

use crate::failure::Failure;
use diesel::SqliteConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use evently_auth_domain::error::StoreError;
use std::error::Error;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// Fails when the database has a migration that this version does not know.
pub(crate) fn refuse_newer(connection: &mut SqliteConnection) -> Result<(), Failure> {
    let known = known()?;
    for applied in connection.applied_migrations().map_err(failure)? {
        if !known.iter().any(|migration| migration.name().version() == applied) {
            return Err(Failure::Store(StoreError::unavailable(format!(
                "the database was migrated by a newer version (unknown migration {applied}): \
                 start that version, or have it migrate down first"
            ))));
        }
    }
    Ok(())
}

/// Applies what is missing; names it.
pub(crate) fn up(connection: &mut SqliteConnection) -> Result<Vec<String>, Failure> {
    refuse_newer(connection)?;
    let pending = connection.pending_migrations(MIGRATIONS).map_err(failure)?;
    for migration in &pending {
        connection.run_migration(migration).map_err(failure)?;
    }
    Ok(pending.iter().map(|migration| migration.name().to_string()).collect())
}

/// Takes the latest `steps` back; names them, the latest first.
pub(crate) fn down(connection: &mut SqliteConnection, steps: usize) -> Result<Vec<String>, Failure> {
    refuse_newer(connection)?;
    let applied = connection.applied_migrations().map_err(failure)?;
    let mut latest: Vec<_> =
        known()?.into_iter().filter(|migration| applied.contains(&migration.name().version())).collect();
    latest.reverse();
    latest.truncate(steps);
    for migration in &latest {
        connection.revert_migration(migration).map_err(failure)?;
    }
    Ok(latest.iter().map(|migration| migration.name().to_string()).collect())
}

/// Every known migration, in order, and whether it is applied.
pub(crate) fn status(connection: &mut SqliteConnection) -> Result<Vec<(String, bool)>, Failure> {
    let applied = connection.applied_migrations().map_err(failure)?;
    let known = known()?;
    let names = known.iter().map(|migration| migration.name());
    Ok(names.map(|name| (name.to_string(), applied.contains(&name.version()))).collect())
}

fn known() -> Result<Vec<Box<dyn Migration<Sqlite>>>, Failure> {
    let mut migrations = MIGRATIONS.migrations().map_err(failure)?;
    migrations.sort_by(|one, other| one.name().version().cmp(&other.name().version()));
    Ok(migrations)
}

/// A query that failed keeps its kind; anything else is a fault of a migration.
fn failure(error: Box<dyn Error + Send + Sync>) -> Failure {
    match error.downcast::<diesel::result::Error>() {
        Ok(error) => Failure::Query(*error),
        Err(error) => Failure::Store(StoreError::unavailable(error)),
    }
}

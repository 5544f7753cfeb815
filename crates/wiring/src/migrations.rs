//! The database's migrations, for the commands.

use crate::error::WiringError;
use crate::{embedded, production};
use evently_auth_config::{Config, Mode};
use evently_auth_postgres::PgStore;
use evently_auth_sqlite::SqliteStore;

/// The migrations of the configured database.
pub enum Migrations {
    /// Of the embedded database.
    Sqlite(SqliteStore),
    /// Of production mode's.
    Postgres(PgStore),
}

impl Migrations {
    /// Opens the database without touching its tables.
    ///
    /// # Errors
    /// See [`WiringError`].
    pub async fn open(config: &Config) -> Result<Self, WiringError> {
        Ok(match &config.mode {
            Mode::Embedded => Self::Sqlite(embedded::open_store(config).await?.0),
            Mode::Production(production) => {
                Self::Postgres(production::open_store(config, &production.database)?.0)
            }
        })
    }

    /// Applies every migration that is missing; names them.
    ///
    /// # Errors
    /// See [`WiringError`]; then none was applied.
    pub async fn up(&self) -> Result<Vec<String>, WiringError> {
        Ok(match self {
            Self::Sqlite(store) => store.migrate_up().await?,
            Self::Postgres(store) => store.migrate_up().await?,
        })
    }

    /// Takes back the latest `steps`; names them.
    ///
    /// # Errors
    /// See [`WiringError`]; then none was taken back.
    pub async fn down(&self, steps: u32) -> Result<Vec<String>, WiringError> {
        let steps = usize::try_from(steps).unwrap_or(usize::MAX);
        Ok(match self {
            Self::Sqlite(store) => store.migrate_down(steps).await?,
            Self::Postgres(store) => store.migrate_down(steps).await?,
        })
    }

    /// Every migration, in order, and whether it is applied.
    ///
    /// # Errors
    /// See [`WiringError`].
    pub async fn status(&self) -> Result<Vec<(String, bool)>, WiringError> {
        Ok(match self {
            Self::Sqlite(store) => store.migration_status().await?,
            Self::Postgres(store) => store.migration_status().await?,
        })
    }
}

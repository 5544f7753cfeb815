//! The database's migrations, for the commands.

use crate::embedded;
use crate::error::WiringError;
use evently_auth_config::{Config, Mode};
use evently_auth_sqlite::SqliteStore;

/// The migrations of the configured database.
pub struct Migrations(SqliteStore);

impl Migrations {
    /// Opens the database without touching its tables.
    ///
    /// # Errors
    /// See [`WiringError`].
    pub async fn open(config: &Config) -> Result<Self, WiringError> {
        match config.mode {
            Mode::Embedded => Ok(Self(embedded::open_store(config).await?.0)),
            Mode::Production(_) => Err(WiringError::NoProduction),
        }
    }

    /// Applies every migration that is missing; names them.
    ///
    /// # Errors
    /// See [`WiringError`]; then none was applied.
    pub async fn up(&self) -> Result<Vec<String>, WiringError> {
        Ok(self.0.migrate_up().await?)
    }

    /// Takes back the latest `steps`; names them.
    ///
    /// # Errors
    /// See [`WiringError`]; then none was taken back.
    pub async fn down(&self, steps: u32) -> Result<Vec<String>, WiringError> {
        Ok(self.0.migrate_down(usize::try_from(steps).unwrap_or(usize::MAX)).await?)
    }

    /// Every migration, in order, and whether it is applied.
    ///
    /// # Errors
    /// See [`WiringError`].
    pub async fn status(&self) -> Result<Vec<(String, bool)>, WiringError> {
        Ok(self.0.migration_status().await?)
    }
}

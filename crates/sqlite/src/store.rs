//! The handle over one database file, and the two ways to use it: reading, and writing in a transaction.

use crate::connections::Pool;
use crate::failure::Failure;
use crate::migrations;
use diesel::SqliteConnection;
use evently_auth_domain::audit::AuditKey;
use evently_auth_domain::error::StoreError;
use std::path::Path;
use std::sync::Arc;

/// The ports `Users`, `UserImports`, `Sessions`, `Outbox`, `AuditLog` and `Probe` over one SQLite file. Cheap to clone.
#[derive(Clone)]
pub struct SqliteStore {
    readers: Arc<Pool>,
    writer: Arc<Pool>,
    pub(crate) audit_key: AuditKey,
}

impl SqliteStore {
    /// Opens the database at `path`, or makes an empty one that only its owner may read; the folder must be
    /// there. Audit rows get their digests from `audit_key`. Tables come from [`SqliteStore::migrate_up`].
    ///
    /// # Errors
    /// When the file cannot be opened, is no database, or was migrated by a newer version of this program.
    pub async fn open(path: &Path, audit_key: AuditKey) -> Result<Self, StoreError> {
        let (writer, readers) = Pool::pair(path)?;
        let store = Self { readers: Arc::new(readers), writer: Arc::new(writer), audit_key };
        store.writer.run(migrations::refuse_newer).await?;
        Ok(store)
    }

    /// Applies the migrations that are missing, all or none; names them.
    ///
    /// # Errors
    /// When the store is away, or a migration fails.
    pub async fn migrate_up(&self) -> Result<Vec<String>, StoreError> {
        self.write(migrations::up).await
    }

    /// Takes back the latest `steps` migrations, all or none; names them. Their data is gone.
    ///
    /// # Errors
    /// When the store is away, or a migration fails.
    pub async fn migrate_down(&self, steps: usize) -> Result<Vec<String>, StoreError> {
        self.write(move |connection| migrations::down(connection, steps)).await
    }

    /// Every migration of this version in order, and whether it is applied.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn migration_status(&self) -> Result<Vec<(String, bool)>, StoreError> {
        self.write(migrations::status).await
    }

    /// Runs `job` on a connection that cannot write. Each statement sees the latest commit; a job of several
    /// statements that must see the same one opens a transaction.
    pub(crate) async fn read<T, J>(&self, job: J) -> Result<T, StoreError>
    where
        J: FnOnce(&mut SqliteConnection) -> Result<T, Failure> + Send + 'static,
        T: Send + 'static,
    {
        self.readers.run(job).await
    }

    /// Runs `job` in a transaction that holds the write lock from its start; an error rolls it back.
    pub(crate) async fn write<T, J>(&self, job: J) -> Result<T, StoreError>
    where
        J: FnOnce(&mut SqliteConnection) -> Result<T, Failure> + Send + 'static,
        T: Send + 'static,
    {
        self.writer.run(|connection| connection.immediate_transaction(job)).await
    }
}

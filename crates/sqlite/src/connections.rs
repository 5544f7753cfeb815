//! Connections to the file: opened alike, lent one at a time, waited for with a bound, and not used again
//! after a failure.

use crate::failure::Failure;
use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use evently_auth_domain::error::StoreError;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// How long a caller waits for a connection. As long again may pass until another process lets go of the
/// file.
const WAIT: Duration = Duration::from_secs(5);

/// How many read at once.
const READERS: usize = 4;

/// For every connection. A schema that somebody tampered with must not call functions with side effects.
const COMMON: &str = "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;";

/// WAL: readers and the writer do not wait for each other. FULL: a commit outlives a power cut, not only the
/// process. What is deleted or wiped is overwritten in the file.
const WRITER: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;";

const READER: &str = "PRAGMA query_only = ON;";

/// Some connections of one kind.
pub(crate) struct Pool {
    file: String,
    settings: &'static str,
    idle: Mutex<Vec<SqliteConnection>>,
    permits: Arc<Semaphore>,
}

impl Pool {
    /// The one that writes and those that read, over the database at `path`.
    pub(crate) fn pair(path: &Path) -> Result<(Self, Self), StoreError> {
        // Absolute, so that no name is taken for a URI.
        let path = std::path::absolute(path).map_err(StoreError::unavailable)?;
        create(&path)?;
        let file =
            path.to_str().ok_or_else(|| StoreError::unavailable("the database's path is not UTF-8"))?;
        let pool = |settings, size| Self {
            file: file.to_owned(),
            settings,
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(size)),
        };
        Ok((pool(WRITER, 1), pool(READER, READERS)))
    }

    /// Runs `job` on a connection, in the blocking pool. It runs to its end even if the caller gives up on
    /// it.
    pub(crate) async fn run<T, J>(self: &Arc<Self>, job: J) -> Result<T, StoreError>
    where
        J: FnOnce(&mut SqliteConnection) -> Result<T, Failure> + Send + 'static,
        T: Send + 'static,
    {
        let permit = tokio::time::timeout(WAIT, self.permits.clone().acquire_owned())
            .await
            .map_err(|_| StoreError::contention("every connection to the database is busy"))?
            .map_err(StoreError::unavailable)?;
        let pool = self.clone();
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let mut connection = pool.connection()?;
            let result = job(&mut connection)?;
            pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            Ok(result)
        });
        task.await.map_err(StoreError::unavailable)?
    }

    fn connection(&self) -> Result<SqliteConnection, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(connection) = idle {
            return Ok(connection);
        }
        let mut connection = SqliteConnection::establish(&self.file).map_err(StoreError::unavailable)?;
        connection.batch_execute(COMMON).map_err(Failure::from)?;
        connection.batch_execute(self.settings).map_err(Failure::from)?;
        Ok(connection)
    }
}

/// Makes an empty file for its owner alone, if there is none; SQLite gives the files beside it the same mode.
fn create(path: &Path) -> Result<(), StoreError> {
    // An existing file is not opened: closing it would drop the locks that this process has on it (POSIX).
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(StoreError::unavailable(format!("cannot create {}: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

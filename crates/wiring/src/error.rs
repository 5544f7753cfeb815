//! Why the parts could not be put together: one line that says what to do.

use evently_auth_domain::error::StoreError;
use std::io;
use std::path::PathBuf;

/// What stops the start.
#[derive(Debug, thiserror::Error)]
pub enum WiringError {
    /// Production mode was asked for.
    #[error(
        "a PostgreSQL database is configured (DATABASE_URL or DB_HOST), but this version serves the embedded mode \
         alone; unset them to use the SQLite file under DATA_DIR"
    )]
    NoProduction,
    /// A variable belongs to what this version does not have.
    #[error("{variable} is set, but this version does not use it: {instead}")]
    NotSupported {
        /// Its name.
        variable: &'static str,
        /// What happens in its place.
        instead: &'static str,
    },
    /// The database file is not there.
    #[error("there is no database at {0}; DATA_DIR takes the folder of the service whose data is meant")]
    NoDatabase(PathBuf),
    /// A folder or file under `DATA_DIR` cannot be used.
    #[error("cannot use {path}: {source}; DATA_DIR takes a folder that this user may write to")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database cannot be used.
    #[error("the database cannot be used: {0}")]
    Store(#[from] StoreError),
    /// A setting does not fit the part that it is for.
    #[error("{variable}: {why}")]
    Setting {
        /// The variable to correct.
        variable: &'static str,
        /// What is wrong with its value.
        why: String,
    },
}

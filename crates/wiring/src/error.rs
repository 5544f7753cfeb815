//! Why the parts could not be put together: one line that says what to do.

use evently_auth_domain::error::StoreError;
use std::io;
use std::path::PathBuf;

/// What stops the start.
#[derive(Debug, thiserror::Error)]
pub enum WiringError {
    /// The database is older than this version.
    #[error("the database lacks {0} migrations of this version: run `evently-auth migrate up` first")]
    MissingMigrations(usize),
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
    Store(StoreError),
    /// What `--from-url` says is no place of a database.
    #[error("--from-url is refused: {0}; it takes postgres://user:password@host:port/name?sslmode=require")]
    LegacyUrl(String),
    /// The old service's database cannot be used.
    #[error("the old service's database cannot be used: {0}")]
    Legacy(StoreError),
    /// A setting does not fit the part that it is for.
    #[error("{variable}: {why}")]
    Setting {
        /// The variable to correct.
        variable: &'static str,
        /// What is wrong with its value.
        why: String,
    },
}

// No source: the sentence above says all that it has to say, and `{:#}` would repeat it.
impl From<StoreError> for WiringError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

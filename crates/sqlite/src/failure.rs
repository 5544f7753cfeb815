//! What can go wrong inside a job, and what it means for a port's caller.

use diesel::result::DatabaseErrorKind as Kind;
use diesel::result::Error as QueryError;
use evently_auth_domain::error::StoreError;

/// A job failed; its transaction is rolled back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// SQLite or diesel says so.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A row broke a rule.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(error) => error,
            Failure::Query(error) => match &error {
                QueryError::DatabaseError(
                    Kind::UniqueViolation
                    | Kind::ForeignKeyViolation
                    | Kind::NotNullViolation
                    | Kind::CheckViolation,
                    _,
                )
                | QueryError::DeserializationError(_) => Self::corrupt(error),
                // diesel keeps SQLite's message and not its code; these messages are fixed (sqlite3_errstr).
                QueryError::DatabaseError(_, information) => match information.message() {
                    "database is locked" | "database table is locked" => Self::contention(error),
                    "database disk image is malformed" | "file is not a database" => Self::corrupt(error),
                    _ => Self::unavailable(error),
                },
                _ => Self::unavailable(error),
            },
        }
    }
}

//! What can go wrong inside a call, and what it means for a port's caller.

use diesel::result::DatabaseErrorKind as Kind;
use diesel::result::Error as QueryError;
use evently_auth_domain::error::StoreError;

/// A call failed; its connection is closed, and with it its transaction rolled back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// PostgreSQL or diesel says so.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A row broke a rule, or no connection was to be had.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// diesel keeps PostgreSQL's message and not its SQLSTATE for these. A server that speaks another language
/// (`lc_messages`) is understood as being away: the caller tries again a little later than necessary.
const DEADLOCK: &str = "deadlock detected";
pub(crate) const LOCK_TIMEOUT: &str = "canceling statement due to lock timeout";

impl Failure {
    pub(crate) fn away(reason: impl Into<String>) -> Self {
        Self::Store(StoreError::unavailable(reason.into()))
    }

    /// Whether others were in the way, and nothing of the call happened: the same call may go well now. Among
    /// them are accounts that got an address or username between the look and the write.
    pub(crate) fn is_transient(&self) -> bool {
        let Self::Query(QueryError::DatabaseError(kind, information)) = self else { return false };
        match kind {
            Kind::SerializationFailure => true,
            Kind::UniqueViolation => {
                matches!(
                    information.constraint_name(),
                    Some("users_email_key" | "users_username_key" | "users_pkey")
                )
            }
            _ => information.message() == DEADLOCK,
        }
    }

    /// Whether a lock was waited for in vain.
    pub(crate) fn is_lock_timeout(&self) -> bool {
        matches!(self, Self::Query(QueryError::DatabaseError(_, information))
            if information.message() == LOCK_TIMEOUT)
    }

    /// Whether the connection was dead, or no longer leads to a server that can be written to.
    pub(crate) fn is_loss(&self) -> bool {
        let kinds = matches!(
            self,
            Self::Query(QueryError::DatabaseError(
                Kind::UnableToSendCommand | Kind::ClosedConnection | Kind::ReadOnlyTransaction,
                _
            ))
        );
        // From a server that is shutting down, before it closes the connection.
        kinds
            || matches!(self, Self::Query(QueryError::DatabaseError(_, information))
                if information.message().starts_with("terminating connection"))
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        if failure.is_transient() || failure.is_lock_timeout() {
            return Self::contention(failure);
        }
        match failure {
            Failure::Store(error) => error,
            Failure::Query(error) => match &error {
                QueryError::DatabaseError(
                    Kind::UniqueViolation
                    | Kind::ForeignKeyViolation
                    | Kind::NotNullViolation
                    | Kind::CheckViolation
                    | Kind::RestrictViolation,
                    _,
                )
                | QueryError::DeserializationError(_) => Self::corrupt(error),
                _ => Self::unavailable(error),
            },
        }
    }
}

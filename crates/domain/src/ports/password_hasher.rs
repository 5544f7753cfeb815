use crate::error::StoreError;
use crate::password::{Password, PasswordHash};
use async_trait::async_trait;
use std::time::Duration;

/// Hashes passwords, slowly on purpose, and never more at a time than the machine can bear.
///
/// - `verify` without a hash does the same work as with one of the current parameters, and answers no.
/// - A hash of another algorithm or of other parameters than the current ones is `outdated`, and verified all the same.
/// - A hash that is no hash, or whose parameters are out of bounds, verifies nothing; it does not fail.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes `password` with a fresh salt and the current parameters.
    ///
    /// # Errors
    /// [`HashError::Overloaded`] at once, without work, when too many wait already.
    async fn hash(&self, password: &Password) -> Result<PasswordHash, HashError>;

    /// Whether `password` is the one that `hash` was made of.
    ///
    /// # Errors
    /// [`HashError::Overloaded`] at once, without work, when too many wait already.
    async fn verify(
        &self,
        password: &Password,
        hash: Option<&PasswordHash>,
    ) -> Result<PasswordVerdict, HashError>;
}

/// What a hasher thinks of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordVerdict {
    /// It is the one.
    pub matches: bool,
    /// Its hash should be made anew with the current parameters.
    pub outdated: bool,
}

/// Why nothing was hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Too many wait already.
    #[error("the password hasher is overloaded")]
    Overloaded {
        /// When trying again may help.
        retry_after: Duration,
    },
    /// Something broke.
    #[error(transparent)]
    Failed(#[from] StoreError),
}

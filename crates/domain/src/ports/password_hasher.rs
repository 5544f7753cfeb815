use crate::client::Network;
use crate::error::StoreError;
use crate::password::{Password, PasswordHash};
use async_trait::async_trait;
use std::time::Duration;

/// Hashes passwords, slowly on purpose, and never more at a time than the machine can bear.
///
/// Whoever asks is known by the network of its client, or as nobody in particular, for work that is not asked for over
/// the network.
///
/// - When too many wait, somebody is turned away, but nobody of a network that even so would have fewer waiting than
///   another: one network cannot keep the others out.
/// - `verify` without a hash does the same work as with one of the current parameters, and answers no.
/// - A hash of another algorithm or of other parameters than the current ones is `outdated`, and verified all the same.
/// - A hash that is no hash, or whose parameters are out of bounds, verifies nothing; it does not fail.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes `password` with a fresh salt and the current parameters.
    ///
    /// # Errors
    /// [`HashError::Overloaded`] without work: at once when too many wait already, or later when the place goes to another
    /// network.
    async fn hash(&self, password: &Password, network: Option<Network>) -> Result<PasswordHash, HashError>;

    /// Whether `password` is the one that `hash` was made of.
    ///
    /// # Errors
    /// As [`PasswordHasher::hash`].
    async fn verify(
        &self,
        password: &Password,
        hash: Option<&PasswordHash>,
        network: Option<Network>,
    ) -> Result<PasswordVerdict, HashError>;

    /// Whether `network` would be turned away now, so that whoever is can be told before any other work. It promises
    /// nothing: others may come in between.
    ///
    /// # Errors
    /// [`HashError::Overloaded`].
    fn has_room(&self, network: Option<Network>) -> Result<(), HashError>;
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
    /// Too many wait, and other networks have no more of them.
    #[error("the password hasher is overloaded")]
    Overloaded {
        /// When trying again may help.
        retry_after: Duration,
    },
    /// Something broke.
    #[error(transparent)]
    Failed(#[from] StoreError),
}

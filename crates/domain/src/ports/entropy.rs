use crate::error::StoreError;

/// Randomness that nobody can guess.
pub trait Entropy: Send + Sync {
    /// Fills all of `bytes`.
    ///
    /// # Errors
    /// `Unavailable` when the source gives none; `bytes` must not be used then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), StoreError>;
}

use crate::error::StoreError;
use crate::limits::{Admission, Budget, LimitKey, LimitStatus};
use async_trait::async_trait;

/// True sliding windows. The rule is [`crate::limits::SlidingLog`]; an adapter keeps it on its own clock.
///
/// - `acquire` counts in every budget or in none, and of any number at once admits exactly as many as the limit says.
/// - A refused request is not counted; its status names the true wait until it would be admitted.
/// - `peek` counts nothing. `release` takes one request back. `clear` forgets all of them.
#[async_trait]
pub trait RateLimits: Send + Sync {
    /// Asks to pass; `budgets` is not empty, and their keys differ.
    ///
    /// # Errors
    /// When the store is away; then nothing was admitted, though it may have been counted.
    async fn acquire(&self, budgets: &[Budget]) -> Result<Admission, StoreError>;

    /// Where the caller stands: the tightest of `budgets`, which is not empty.
    ///
    /// # Errors
    /// When the store is away.
    async fn peek(&self, budgets: &[Budget]) -> Result<LimitStatus, StoreError>;

    /// Takes back the latest request of `key`, for one that turned out not to count.
    ///
    /// # Errors
    /// When the store is away.
    async fn release(&self, key: &LimitKey) -> Result<(), StoreError>;

    /// Forgets every request of `key`.
    ///
    /// # Errors
    /// When the store is away.
    async fn clear(&self, key: &LimitKey) -> Result<(), StoreError>;
}

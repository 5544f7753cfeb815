use crate::error::StoreError;
use crate::limits::{Admission, Budget, LimitStatus, TakeBack};
use async_trait::async_trait;

/// True sliding windows. The rule is [`crate::limits::SlidingLog`]; an adapter keeps it on its own clock.
///
/// - `acquire` counts in every budget or in none, and of any number at once admits exactly as many as the limit says.
/// - A refused request is not counted; its status names the true wait until it would be admitted.
/// - `peek` counts nothing.
/// - `take_back` is one step for all the keys that it names: of each its latest request is forgotten, or all are.
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

    /// Takes requests back that turned out not to count; `what` is not empty, and its keys differ.
    ///
    /// # Errors
    /// When the store is away; they may have been taken back.
    async fn take_back(&self, what: &[TakeBack]) -> Result<(), StoreError>;
}

use crate::audit::{AuditRecord, AuditSeal};
use crate::error::StoreError;
use async_trait::async_trait;

/// The audit as it is read and sealed; its rows are written as effects.
///
/// - A row says what its event said, with the digest that the audit key makes over it.
/// - Nothing changes or removes the content of a row.
/// - Of any number of seals with one number, exactly one is appended.
/// - A row is sealed once: a seal that covers a sealed row is not appended.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// At most `limit` rows that no seal covers, by id.
    ///
    /// # Errors
    /// When the store is away.
    async fn unsealed(&self, limit: u32) -> Result<Vec<AuditRecord>, StoreError>;

    /// Appends a seal and marks its rows with it; `false` when its number is there already or does not follow the last,
    /// or when one of its rows is sealed already.
    ///
    /// # Errors
    /// When the store is away; then nothing happened.
    async fn append_seal(&self, seal: AuditSeal) -> Result<bool, StoreError>;

    /// The last seal.
    ///
    /// # Errors
    /// When the store is away.
    async fn last_seal(&self) -> Result<Option<AuditSeal>, StoreError>;

    /// At most `limit` seals with numbers above `after`, by number.
    ///
    /// # Errors
    /// When the store is away.
    async fn seals(&self, after: i64, limit: u32) -> Result<Vec<AuditSeal>, StoreError>;

    /// At most `limit` rows with ids above `after`, by id.
    ///
    /// # Errors
    /// When the store is away.
    async fn rows(&self, after: i64, limit: u32) -> Result<Vec<AuditRecord>, StoreError>;

    /// The rows that are marked with seal `number`, by id.
    ///
    /// # Errors
    /// When the store is away.
    async fn rows_of(&self, number: i64) -> Result<Vec<AuditRecord>, StoreError>;
}

use crate::audit::{AuditEnd, AuditEnds, AuditFilter, AuditPlace, AuditRecord, AuditSeal};
use crate::effects::Effects;
use crate::error::StoreError;
use async_trait::async_trait;

/// The audit as it is read, sealed and cut; its rows are written as effects.
///
/// - A row says what its event said, with the digest that the audit key makes over it.
/// - Nothing changes the content of a row, and nothing removes one but a cut.
/// - Of any number of seals that were made after the same seal, exactly one is appended.
/// - A row is sealed once: a seal that covers a sealed row is not appended.
/// - The end of the chain moves with each seal, and its start with each cut.
/// - A row or seal that cannot be read is given as [`AuditRecord::unreadable`], or with what can be read of it: it
///   keeps nobody from the others.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// At most `limit` rows that no seal covers, by id.
    ///
    /// # Errors
    /// When the store is away.
    async fn unsealed(&self, limit: u32) -> Result<Vec<AuditRecord>, StoreError>;

    /// Appends a seal that was made when the last one was `last` (0: none), marks its rows with it and moves the end
    /// of the chain to `end`; `false`, and nothing happened, when another seal is the last, or when one of its rows is
    /// sealed already or not there.
    ///
    /// # Errors
    /// When the store is away; then nothing happened.
    async fn append_seal(&self, last: i64, seal: AuditSeal, end: AuditEnd) -> Result<bool, StoreError>;

    /// The last seal.
    ///
    /// # Errors
    /// When the store is away.
    async fn last_seal(&self) -> Result<Option<AuditSeal>, StoreError>;

    /// Where the chain begins and ends, as it is stored.
    ///
    /// # Errors
    /// When the store is away.
    async fn ends(&self) -> Result<AuditEnds, StoreError>;

    /// Moves the start of the chain from seal `after` (0: nothing was cut before) to `start`, removes the seals between
    /// with the rows that are marked with them, and writes the audit events of `effects`; `false`, and nothing happened,
    /// when the start is no longer at `after`. The seal of `start` has to be there, and not be the last. A seal up to
    /// `after`, and a row whose seal is not there, was put there by somebody, and stays.
    ///
    /// # Errors
    /// When the store is away; then nothing happened.
    async fn cut(&self, after: i64, start: AuditEnd, effects: Effects) -> Result<bool, StoreError>;

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

    /// At most `limit` of the rows that are marked with seal `number` and have ids above `after`, by id.
    ///
    /// # Errors
    /// When the store is away.
    async fn rows_of(&self, number: i64, after: i64, limit: u32) -> Result<Vec<AuditRecord>, StoreError>;

    /// Whether another row has the time and the digest of `row`, and is marked with a seal up to `number`.
    ///
    /// # Errors
    /// When the store is away.
    async fn has_twin(&self, row: &AuditRecord, number: i64) -> Result<bool, StoreError>;

    /// At most `limit` of the rows that match, newest first, of one time the one with the highest id: those behind the
    /// place `before`, or all. It may be a moment behind. Times may be any of the years 1 to 9999, and ids any number.
    ///
    /// # Errors
    /// When the store is away.
    async fn search(
        &self,
        filter: &AuditFilter,
        before: Option<AuditPlace>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError>;
}

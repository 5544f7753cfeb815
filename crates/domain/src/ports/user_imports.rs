use crate::Timestamp;
use crate::account::Credentials;
use crate::error::StoreError;
use crate::import::{ImportVerdict, LegacyUser, Standing};
use async_trait::async_trait;

/// Accounts that come from another service, with their ids, times and password hashes.
///
/// - [`Standing::judge`] decides about each account, in the order of the batch.
/// - Nothing of an account that is here already is changed.
/// - What is imported survives as it is: id, times to the microsecond, hash, claim.
/// - Accounts that are created later get ids above all imported ones.
#[async_trait]
pub trait UserImports: Send + Sync {
    /// Who stands in the way of these accounts.
    ///
    /// # Errors
    /// When the store is away.
    async fn standing(&self, accounts: &[Credentials]) -> Result<Standing, StoreError>;

    /// Imports those of a batch that nothing stands in the way of, and says what became of each, in order. If any
    /// was imported, [`import_event`](crate::import::import_event) at `at` is written to the audit.
    ///
    /// # Errors
    /// When the store is away; then nothing happened.
    async fn import(
        &self,
        accounts: Vec<Credentials>,
        at: Timestamp,
    ) -> Result<Vec<ImportVerdict>, StoreError>;
}

/// The accounts of the old service, which are read and never changed.
#[async_trait]
pub trait LegacyUsers: Send + Sync {
    /// How many there are, about.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn count(&self) -> Result<u64, StoreError>;

    /// At most `limit` accounts with ids above `after`, by id.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn after(&self, after: i64, limit: u32) -> Result<Vec<LegacyUser>, StoreError>;
}

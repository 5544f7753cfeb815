use crate::error::StoreError;
use async_trait::async_trait;

/// Asks a dependency whether it is there.
#[async_trait]
pub trait Probe: Send + Sync {
    /// Really asks, within two seconds.
    ///
    /// # Errors
    /// When it does not answer.
    async fn probe(&self) -> Result<(), StoreError>;
}

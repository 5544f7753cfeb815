//! The port `Probe`: every server is asked, so in a cluster every slot is served.

use crate::measure::measured;
use crate::store::RedisStore;
use async_trait::async_trait;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::Probe;

#[async_trait]
impl Probe for RedisStore {
    async fn probe(&self) -> Result<(), StoreError> {
        measured("probe", self.check()).await
    }
}

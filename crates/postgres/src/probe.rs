//! The port `Probe`.

use crate::schema::users;
use crate::store::PgStore;
use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::Probe;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(2);

#[async_trait]
impl Probe for PgStore {
    async fn probe(&self) -> Result<(), StoreError> {
        // A table of ours, for a server without it is none for us.
        let asked = self.read("probe", move |connection| async move {
            users::table.select(users::id).first::<i64>(&mut connection.get()?).await.optional()?;
            Ok(())
        });
        tokio::time::timeout(PATIENCE, asked).await.map_err(StoreError::unavailable)?
    }
}

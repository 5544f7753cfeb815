//! The port `Probe`.

use crate::schema::users;
use crate::store::SqliteStore;
use async_trait::async_trait;
use diesel::prelude::*;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::Probe;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(2);

#[async_trait]
impl Probe for SqliteStore {
    async fn probe(&self) -> Result<(), StoreError> {
        // A page of a table of ours, for `SELECT 1` would not touch the file.
        let asked = self.read(|connection| {
            users::table.select(users::id).first::<i64>(connection).optional()?;
            Ok(())
        });
        tokio::time::timeout(PATIENCE, asked).await.map_err(StoreError::unavailable)?
    }
}

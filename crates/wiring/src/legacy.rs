//! The old service's accounts, for the import.

use crate::error::WiringError;
use crate::production::server;
use evently_auth_config::{PostgresConfig, SecretText};
use evently_auth_domain::ports::LegacyUsers;
use evently_auth_postgres::LegacyTable;
use std::sync::Arc;

/// Opens the old service's database at `url`, whose form is that of `DATABASE_URL`.
///
/// # Errors
/// When it is no such URL, or what is there is not the old service's table.
pub async fn legacy_users(url: &SecretText) -> Result<Arc<dyn LegacyUsers>, WiringError> {
    let config = PostgresConfig::from_url(url.expose()).map_err(WiringError::LegacyUrl)?;
    let table = LegacyTable::open(&server(&config), None).await.map_err(WiringError::Legacy)?;
    Ok(Arc::new(table))
}

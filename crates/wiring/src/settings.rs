//! Settings from everywhere: environment, files, and the Zero secrets manager when there is a token for it.

use evently_auth_config::{Config, ConfigError, Environment, Source, ZeroAccess};
use evently_auth_zero::{Secrets, ZeroError};
use std::ffi::OsString;

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// One of them is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The secrets manager gave none.
    #[error(transparent)]
    Zero(#[from] ZeroError),
}

/// Reads the settings of this process; asks Zero when `ZERO_TOKEN` is set.
///
/// # Errors
/// See [`SettingsError`].
pub async fn configure() -> Result<Config, SettingsError> {
    let environment = Environment::snapshot();
    let zero = match ZeroAccess::read(&environment)? {
        Some(access) => Some(FromZero(evently_auth_zero::fetch(&access.url, access.token.expose()).await?)),
        None => None,
    };
    Ok(Config::from_sources(&environment, zero.as_ref().map(|zero| zero as &dyn Source))?)
}

struct FromZero(Secrets);

impl Source for FromZero {
    fn get(&self, name: &str) -> Option<OsString> {
        self.0.variable(name).map(OsString::from)
    }
}

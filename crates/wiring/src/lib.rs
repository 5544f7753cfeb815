//! From settings to a working system: the one place that knows every adapter, and chooses among them.

mod embedded;
mod error;
mod keys;
mod legacy;
mod mail_server;
mod migrations;
mod parts;
mod production;
mod settings;
mod tokens;

pub use error::WiringError;
pub use legacy::legacy_users;
pub use migrations::Migrations;
pub use settings::{SettingsError, configure};

use evently_auth_config::{Config, Mode};
use evently_auth_domain::Auth;
use evently_auth_domain::ports::{Mailbox, Probe, Signals, UserImports};
use std::path::PathBuf;
use std::sync::Arc;

/// A system that is put together and ready to be called.
#[derive(Clone)]
pub struct System {
    /// The use cases.
    pub auth: Auth,
    /// Takes over accounts of the old service.
    pub user_imports: Arc<dyn UserImports>,
    /// Asks the database.
    pub database: Arc<dyn Probe>,
    /// Asks Redis; `None` where its work is done in process.
    pub redis: Option<Arc<dyn Probe>>,
    /// What instances tell each other.
    pub signals: Arc<dyn Signals>,
    /// Where mails are delivered to files: the mails and their folder.
    pub mailbox: Option<(Arc<dyn Mailbox>, PathBuf)>,
}

/// Puts together a system whose database must be there already: for commands that look after one, and would otherwise
/// look after a new, empty one in the wrong folder.
///
/// # Errors
/// See [`WiringError`]; nothing was made then.
pub async fn assemble_existing(config: &Config) -> Result<System, WiringError> {
    let database = embedded::database(config);
    if matches!(config.mode, Mode::Embedded) && !database.exists() {
        return Err(WiringError::NoDatabase(database));
    }
    assemble(config).await
}

/// Puts a system together as `config` says. In embedded mode that makes what is missing: folders, keys, tables. In
/// production mode the tables have to be there; servers that are away need not be.
///
/// # Errors
/// See [`WiringError`]; nothing runs then.
pub async fn assemble(config: &Config) -> Result<System, WiringError> {
    match &config.mode {
        Mode::Embedded => embedded::assemble(config).await,
        Mode::Production(production) => production::assemble(config, production).await,
    }
}

//! Embedded mode: everything in this process and under `DATA_DIR`.

use crate::error::WiringError;
use crate::keys::{self, private_folder};
use crate::parts::{hasher, renderer};
use crate::{System, tokens};
use evently_auth_cache::{Stores, decorate};
use evently_auth_clock::SystemClock;
use evently_auth_config::Config;
use evently_auth_crypto::OsEntropy;
use evently_auth_domain::keys::Keys;
use evently_auth_domain::ports::{Clock, Entropy, Signals};
use evently_auth_domain::{Auth, Ports};
use evently_auth_memory::{FallbackRateLimits, MemoryRateLimits, MemorySignals};
use evently_auth_smtp::FileMailbox;
use evently_auth_sqlite::{SqliteCodes, SqliteStore};
use std::path::PathBuf;
use std::sync::Arc;

/// The database file.
pub(crate) fn database(config: &Config) -> PathBuf {
    config.data_dir.join("evently-auth.db")
}

/// Opens the database file, which may be empty, and says which keys go with it.
pub(crate) async fn open_store(config: &Config) -> Result<(SqliteStore, Keys), WiringError> {
    private_folder(&config.data_dir)?;
    let secret = match &config.secret_key {
        Some(secret) => secret.expose().to_owned(),
        None => keys::keep(&key_folder(config)?, "secret-key", || keys::random_secret(&OsEntropy))?,
    };
    let keys = Keys::derive(secret.as_bytes());
    let store = SqliteStore::open(&database(config), keys.audit.clone()).await?;
    Ok((store, keys))
}

pub(crate) async fn assemble(config: &Config) -> Result<System, WiringError> {
    let (store, keys) = open_store(config).await?;
    store.migrate_up().await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
    let store = Arc::new(store);
    let mail_folder = config.data_dir.join("mail");
    let mailbox = Arc::new(FileMailbox::new(&mail_folder, renderer(config)?));
    let limits = Arc::new(MemoryRateLimits::new(Arc::clone(&clock)));
    let signals: Arc<dyn Signals> = Arc::new(MemorySignals::default());
    let stores = Stores { users: store.clone(), sessions: store.clone(), outbox: store.clone() };
    let stores = decorate(stores, Arc::clone(&signals), None);
    let ports = Ports {
        users: stores.users,
        sessions: stores.sessions,
        codes: Arc::new(SqliteCodes::new(store.as_ref().clone(), Arc::clone(&clock))),
        rate_limits: Arc::new(FallbackRateLimits::new(limits, Arc::clone(&clock))), // measures every decision
        outbox: stores.outbox,
        audit_log: store.clone(),
        password_hasher: Arc::new(hasher(&config.hashing, &entropy)?),
        access_tokens: Arc::new(tokens::access_tokens(&config.tokens, Some(&key_folder(config)?))?),
        mailer: mailbox.clone(),
        clock,
        entropy,
    };
    Ok(System {
        auth: Auth::new(ports, config.rules.clone(), keys),
        user_imports: store.clone(),
        database: store,
        redis: None,
        signals,
        mailbox: Some((mailbox, mail_folder)),
    })
}

fn key_folder(config: &Config) -> Result<PathBuf, WiringError> {
    let folder = config.data_dir.join("keys");
    private_folder(&folder)?;
    Ok(folder)
}

//! Embedded mode: everything in this process and under `DATA_DIR`.

use crate::error::WiringError;
use crate::keys::{self, private_folder};
use crate::{System, tokens};
use evently_auth_clock::SystemClock;
use evently_auth_config::{Config, HashAlgorithm, HashConfig};
use evently_auth_crypto::{HashParams, HasherConfig, HasherPool, OsEntropy};
use evently_auth_domain::keys::Keys;
use evently_auth_domain::ports::{Clock, Entropy};
use evently_auth_domain::{Auth, Ports};
use evently_auth_memory::MemoryRateLimits;
use evently_auth_smtp::{FileMailbox, MailRenderer};
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
    let hashing = HasherConfig::new(hash_params(&config.hashing));
    let hasher = HasherPool::new(hashing, Arc::clone(&entropy))
        .map_err(|error| WiringError::Setting { variable: "PASSWORD_HASH", why: error.to_string() })?;
    let ports = Ports {
        users: store.clone(),
        sessions: store.clone(),
        codes: Arc::new(SqliteCodes::new(store.as_ref().clone(), Arc::clone(&clock))),
        rate_limits: Arc::new(MemoryRateLimits::new(Arc::clone(&clock))),
        outbox: store.clone(),
        audit_log: store.clone(),
        password_hasher: Arc::new(hasher),
        access_tokens: Arc::new(tokens::access_tokens(&config.tokens, &key_folder(config)?)?),
        mailer: mailbox.clone(),
        clock,
        entropy,
    };
    Ok(System {
        auth: Auth::new(ports, config.rules.clone(), keys),
        database: store,
        redis: None,
        mailbox: Some((mailbox, mail_folder)),
    })
}

fn key_folder(config: &Config) -> Result<PathBuf, WiringError> {
    let folder = config.data_dir.join("keys");
    private_folder(&folder)?;
    Ok(folder)
}

fn renderer(config: &Config) -> Result<MailRenderer, WiringError> {
    let mail = &config.mail;
    MailRenderer::new(&mail.from_name, mail.from_address.as_str(), config.http.public_url.as_deref())
        .map_err(|error| WiringError::Setting { variable: "FROM_ADDRESS", why: error.to_string() })
}

fn hash_params(hashing: &HashConfig) -> HashParams {
    match hashing.algorithm {
        HashAlgorithm::Argon2id => HashParams::Argon2id {
            memory_kib: hashing.argon2.memory_kib,
            iterations: hashing.argon2.iterations,
            parallelism: hashing.argon2.parallelism,
        },
        HashAlgorithm::Bcrypt => HashParams::Bcrypt { cost: hashing.bcrypt_cost },
    }
}

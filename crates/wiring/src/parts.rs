//! What both modes are made of.

use crate::error::WiringError;
use evently_auth_config::{Config, HashAlgorithm, HashConfig};
use evently_auth_crypto::{HashParams, HasherConfig, HasherPool};
use evently_auth_domain::ports::Entropy;
use evently_auth_smtp::MailRenderer;
use std::sync::Arc;

/// The password hasher, with a thread for each core.
pub(crate) fn hasher(hashing: &HashConfig, entropy: &Arc<dyn Entropy>) -> Result<HasherPool, WiringError> {
    let params = match hashing.algorithm {
        HashAlgorithm::Argon2id => HashParams::Argon2id {
            memory_kib: hashing.argon2.memory_kib,
            iterations: hashing.argon2.iterations,
            parallelism: hashing.argon2.parallelism,
        },
        HashAlgorithm::Bcrypt => HashParams::Bcrypt { cost: hashing.bcrypt_cost },
    };
    HasherPool::new(HasherConfig::new(params), Arc::clone(entropy))
        .map_err(|error| WiringError::Setting { variable: "PASSWORD_HASH", why: error.to_string() })
}

/// What turns mails into text.
pub(crate) fn renderer(config: &Config) -> Result<MailRenderer, WiringError> {
    let mail = &config.mail;
    MailRenderer::new(&mail.from_name, mail.from_address.as_str(), config.http.public_url.as_deref())
        .map_err(|error| WiringError::Setting { variable: "FROM_ADDRESS", why: error.to_string() })
}

//! `PasswordHasher` that is fast: for tests alone.

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evently_auth_domain::password::{Password, PasswordHash};
use evently_auth_domain::ports::{HashError, PasswordHasher, PasswordVerdict};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Salted SHA-256, as `$plain$<parameters>$<salt>$<digest>`; a clone is another handle on the same hasher.
#[derive(Clone, Default)]
pub struct PlainHasher(Arc<Switches>);

#[derive(Default)]
struct Switches {
    parameters: AtomicU64,
    salts: AtomicU64,
    work: AtomicU64,
    overloaded: AtomicBool,
}

impl PlainHasher {
    /// Hashers with other `parameters` find each other's hashes outdated.
    pub fn new(parameters: u64) -> Self {
        let hasher = Self::default();
        hasher.0.parameters.store(parameters, Ordering::Relaxed);
        hasher
    }

    /// From now on every hash that was made so far is outdated.
    pub fn outdate(&self) {
        self.0.parameters.fetch_add(1, Ordering::Relaxed);
    }

    /// While `overloaded`, everybody is turned away.
    pub fn set_overloaded(&self, overloaded: bool) {
        self.0.overloaded.store(overloaded, Ordering::Relaxed);
    }

    /// How many passwords were hashed or verified: two ways that must cost the same must count the same.
    pub fn work(&self) -> u64 {
        self.0.work.load(Ordering::Relaxed)
    }

    fn start_work(&self) -> Result<u64, HashError> {
        if self.0.overloaded.load(Ordering::Relaxed) {
            return Err(HashError::Overloaded { retry_after: Duration::from_secs(1) });
        }
        self.0.work.fetch_add(1, Ordering::Relaxed);
        Ok(self.0.parameters.load(Ordering::Relaxed))
    }
}

fn digest(parameters: u64, salt: &str, password: &Password) -> String {
    let hash = Sha256::new()
        .chain_update(format!("$plain${parameters}${salt}$"))
        .chain_update(password.expose())
        .finalize();
    format!("$plain${parameters}${salt}${}", URL_SAFE_NO_PAD.encode(hash))
}

/// The parameters and the salt of one of our hashes.
fn parse(hash: &str) -> Option<(u64, &str)> {
    let (parameters, rest) = hash.strip_prefix("$plain$")?.split_once('$')?;
    Some((parameters.parse().ok()?, rest.split_once('$')?.0))
}

#[async_trait]
impl PasswordHasher for PlainHasher {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        let parameters = self.start_work()?;
        let salt = self.0.salts.fetch_add(1, Ordering::Relaxed);
        Ok(PasswordHash::new(digest(parameters, &salt.to_string(), password)))
    }

    async fn verify(
        &self,
        password: &Password,
        hash: Option<&PasswordHash>,
    ) -> Result<PasswordVerdict, HashError> {
        let current = self.start_work()?;
        let Some(hash) = hash else {
            return Ok(PasswordVerdict { matches: false, outdated: false });
        };
        let Some((parameters, salt)) = parse(hash.expose()) else {
            return Ok(PasswordVerdict { matches: false, outdated: true });
        };
        let matches = digest(parameters, salt, password) == hash.expose();
        Ok(PasswordVerdict { matches, outdated: parameters != current })
    }
}

//! `PasswordHasher` that is fast: for tests alone.

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evently_auth_domain::client::Network;
use evently_auth_domain::password::{Password, PasswordHash};
use evently_auth_domain::ports::{HashError, PasswordHasher, PasswordVerdict};
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const OVERLOADED: HashError = HashError::Overloaded { retry_after: Duration::from_secs(1) };

/// Salted SHA-256, as `$plain$<parameters>$<salt>$<digest>`; a clone is another handle on the same hasher.
#[derive(Clone, Default)]
pub struct PlainHasher(Arc<Switches>);

#[derive(Default)]
struct Switches {
    parameters: AtomicU64,
    salts: AtomicU64,
    work: AtomicU64,
    turned_away: Mutex<TurnedAway>,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum TurnedAway {
    #[default]
    Nobody,
    Network(Network),
    Everybody,
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

    /// While `overloaded`, everybody finds room and loses it again: the hardest way to be turned away.
    pub fn set_overloaded(&self, overloaded: bool) {
        self.turn_away(if overloaded { TurnedAway::Everybody } else { TurnedAway::Nobody });
    }

    /// As if `network` had too many waiting: it finds no room, others do.
    pub fn set_crowded_by(&self, network: Network) {
        self.turn_away(TurnedAway::Network(network));
    }

    fn turn_away(&self, whom: TurnedAway) {
        *self.0.turned_away.lock().unwrap_or_else(PoisonError::into_inner) = whom;
    }

    fn turned_away(&self) -> TurnedAway {
        *self.0.turned_away.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many passwords were hashed or verified: two ways that must cost the same must count the same.
    pub fn work(&self) -> u64 {
        self.0.work.load(Ordering::Relaxed)
    }

    fn start_work(&self, network: Option<Network>) -> Result<u64, HashError> {
        self.has_room(network)?;
        if self.turned_away() == TurnedAway::Everybody {
            return Err(OVERLOADED);
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
    async fn hash(&self, password: &Password, network: Option<Network>) -> Result<PasswordHash, HashError> {
        let parameters = self.start_work(network)?;
        let salt = self.0.salts.fetch_add(1, Ordering::Relaxed);
        Ok(PasswordHash::new(digest(parameters, &salt.to_string(), password)))
    }

    async fn verify(
        &self,
        password: &Password,
        hash: Option<&PasswordHash>,
        network: Option<Network>,
    ) -> Result<PasswordVerdict, HashError> {
        let current = self.start_work(network)?;
        let Some(hash) = hash else {
            return Ok(PasswordVerdict { matches: false, outdated: false });
        };
        let Some((parameters, salt)) = parse(hash.expose()) else {
            return Ok(PasswordVerdict { matches: false, outdated: true });
        };
        let matches = digest(parameters, salt, password) == hash.expose();
        Ok(PasswordVerdict { matches, outdated: parameters != current })
    }

    fn has_room(&self, network: Option<Network>) -> Result<(), HashError> {
        match self.turned_away() {
            TurnedAway::Network(crowding) if network == Some(crowding) => Err(OVERLOADED),
            TurnedAway::Network(_) | TurnedAway::Nobody | TurnedAway::Everybody => Ok(()),
        }
    }
}

//! The password hasher: Argon2id and bcrypt behind a bounded pool of threads.

use super::memory::Memory;
use super::pace::Pace;
use super::params::{HashParams, InvalidHashParams};
use super::pool::{Pool, PoolError, PoolLoad};
use super::stored::{SALT_BYTES, Stored};
use async_trait::async_trait;
use evently_auth_domain::client::Network;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::password::{Password, PasswordHash};
use evently_auth_domain::ports::{Entropy, HashError, PasswordHasher, PasswordVerdict};
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

/// After so long without a login a thread gives its memory back.
const IDLE: Duration = Duration::from_secs(30);

/// The shortest time that is told to whoever is turned away; all at once would come back too soon otherwise.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// The histogram of the time that a hash takes once its turn has come.
const DURATION: &str = "evently_auth_hash_duration_seconds";
/// The gauge of hashes that wait for a thread or are being made.
const QUEUE_DEPTH: &str = "evently_auth_hash_queue_depth";
/// The counter of passwords that were turned away because too many waited.
const REJECTED: &str = "evently_auth_hash_rejected_total";

/// How to hash, and how much of it at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HasherConfig {
    /// The current parameters: what new hashes are made with.
    pub params: HashParams,
    /// How many passwords are hashed at a time.
    pub threads: NonZeroUsize,
    /// How many wait for that; who has a place, of more than fit, goes by network.
    pub queue: NonZeroUsize,
}

impl HasherConfig {
    const QUEUED_PER_THREAD: NonZeroUsize = NonZeroUsize::MIN.saturating_add(7);

    /// These parameters, a thread for each core that this process may use, and 8 waiting for each thread.
    pub fn new(params: HashParams) -> Self {
        let threads = available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self { params, threads, queue: threads.saturating_mul(Self::QUEUED_PER_THREAD) }
    }
}

impl Default for HasherConfig {
    fn default() -> Self {
        Self::new(HashParams::default())
    }
}

/// Why there is no hasher.
#[derive(Debug, thiserror::Error)]
pub enum HasherError {
    /// The parameters are out of bounds.
    #[error(transparent)]
    Params(#[from] InvalidHashParams),
    /// The first hash failed: no randomness, or not that much memory.
    #[error("a password could not be hashed: {0}")]
    Hash(#[from] StoreError),
    /// The system gives no threads.
    #[error("no thread for hashing passwords: {0}")]
    Thread(#[from] io::Error),
}

/// Hashes and verifies passwords on threads of its own, which end when it is dropped.
///
/// A thread has the memory that a hash needs, and what waits has none: it takes threads × the memory of one hash, however
/// many come. The networks of clients take turns, and the threads stand back behind those that serve requests.
///
/// It makes hashes with the current parameters, and verifies Argon2id and bcrypt hashes of any parameters within the
/// bounds of [`HashParams`], whichever is current.
pub struct HasherPool {
    pool: Pool<Memory>,
    hasher: Arc<Hasher>,
    pace: Arc<Pace>,
}

impl HasherPool {
    /// Starts the threads. Makes one hash first, in the calling thread, so it takes about as long as a login.
    ///
    /// # Errors
    /// When the parameters are out of bounds, or the machine does not give what they need.
    pub fn new(config: HasherConfig, entropy: Arc<dyn Entropy>) -> Result<Self, HasherError> {
        config.params.check()?;
        let started = Instant::now();
        let hasher = Arc::new(Hasher::new(config.params, entropy)?);
        let pace = Arc::new(Pace::new(started.elapsed()));
        let params = config.params;
        let pool = Pool::start(config.threads, config.queue, IDLE, move || Memory::for_params(params))?;
        Ok(Self { pool, hasher, pace })
    }

    /// How busy it is, for metrics.
    pub fn load(&self) -> PoolLoad {
        self.pool.load()
    }

    /// Has a thread do `work` for `network`, measured.
    async fn run<T: Send + 'static>(
        &self,
        network: Option<Network>,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let pace = Arc::clone(&self.pace);
        let measured = move |memory: &mut Memory| {
            let started = Instant::now();
            let answer = work(memory);
            let took = started.elapsed();
            metrics::histogram!(DURATION).record(took);
            pace.note(took);
            answer
        };
        let _place = Place::take();
        self.pool.run(network, measured).await.map_err(|error| match error {
            PoolError::Full => self.overloaded(),
            PoolError::Panicked => StoreError::unavailable("hashing a password panicked").into(),
        })
    }

    /// It helps to come again when those that wait now have been served.
    fn overloaded(&self) -> HashError {
        metrics::counter!(REJECTED).increment(1);
        let PoolLoad { queued, threads, .. } = self.load();
        let wait = self.pace.time_for(queued.div_ceil(threads).saturating_add(1));
        HashError::Overloaded { retry_after: wait.max(SHORTEST_WAIT) }
    }
}

/// A place in the queue, as the gauge counts them; given back also when nobody waits for the answer any more.
struct Place;

impl Place {
    fn take() -> Self {
        metrics::gauge!(QUEUE_DEPTH).increment(1.0);
        Self
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!(QUEUE_DEPTH).decrement(1.0);
    }
}

#[async_trait]
impl PasswordHasher for HasherPool {
    async fn hash(&self, password: &Password, network: Option<Network>) -> Result<PasswordHash, HashError> {
        let (hasher, password) = (Arc::clone(&self.hasher), password.clone());
        Ok(self.run(network, move |memory| hasher.hash(&password, memory)).await??)
    }

    async fn verify(
        &self,
        password: &Password,
        hash: Option<&PasswordHash>,
        network: Option<Network>,
    ) -> Result<PasswordVerdict, HashError> {
        let (hasher, password, hash) = (Arc::clone(&self.hasher), password.clone(), hash.cloned());
        self.run(network, move |memory| hasher.verify(&password, hash.as_ref(), memory)).await
    }

    fn has_room(&self, network: Option<Network>) -> Result<(), HashError> {
        if self.pool.has_room(network) { Ok(()) } else { Err(self.overloaded()) }
    }
}

/// What the threads do.
struct Hasher {
    params: HashParams,
    entropy: Arc<dyn Entropy>,
    /// Stands in for a hash that is missing or unreadable, so that its absence takes no less time.
    dummy: Stored,
}

impl Hasher {
    fn new(params: HashParams, entropy: Arc<dyn Entropy>) -> Result<Self, StoreError> {
        let password = Password::parse("nobody's").map_err(|fault| StoreError::corrupt(fault.message))?;
        let dummy = make(params, entropy.as_ref(), &password, &mut Memory::for_params(params))?;
        Ok(Self { params, entropy, dummy })
    }

    fn hash(&self, password: &Password, memory: &mut Memory) -> Result<PasswordHash, StoreError> {
        make(self.params, self.entropy.as_ref(), password, memory).map(|made| made.to_hash())
    }

    fn verify(
        &self,
        password: &Password,
        hash: Option<&PasswordHash>,
        memory: &mut Memory,
    ) -> PasswordVerdict {
        let Some(stored) = hash.and_then(Stored::parse) else {
            // The work is done for its duration alone.
            self.dummy.matches(password, memory);
            return PasswordVerdict { matches: false, outdated: false };
        };
        PasswordVerdict {
            matches: stored.matches(password, memory),
            outdated: stored.is_outdated(self.params, password),
        }
    }
}

fn make(
    params: HashParams,
    entropy: &dyn Entropy,
    password: &Password,
    memory: &mut Memory,
) -> Result<Stored, StoreError> {
    let mut salt = [0; SALT_BYTES];
    entropy.fill(&mut salt)?;
    Stored::make(params, salt, password, memory).map_err(StoreError::corrupt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsEntropy;

    const SMALL: HashParams = HashParams::Argon2id { memory_kib: 64, iterations: 2, parallelism: 1 };

    #[test]
    fn a_missing_or_bad_hash_costs_one_hash_with_the_current_parameters() {
        for params in [SMALL, HashParams::Bcrypt { cost: 4 }] {
            let hasher = Hasher::new(params, Arc::new(OsEntropy)).unwrap();
            let mut memory = Memory::for_params(params);
            for hash in [
                None,
                Some("garbage"),
                Some(
                    "$argon2i$v=19$m=64,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$D56WlJGPtsWiXY8MIs8qpwD1Xbzm7LzavRMF8gwzYIM",
                ),
                Some("$2b$31$qu8uqI8b5fmaI0XIyZ4/0uZ1e6qNbXvhVISWXYMBPwce/lB8B7ek2"),
            ] {
                let hash = hash.map(PasswordHash::new);
                for text in ["nobody's", "x", &"x".repeat(100)] {
                    memory.computed.clear();
                    let verdict = hasher.verify(&Password::parse(text).unwrap(), hash.as_ref(), &mut memory);
                    assert_eq!(verdict, PasswordVerdict { matches: false, outdated: false });
                    assert_eq!(memory.computed, [params]);
                }
            }
        }
    }

    #[test]
    fn a_good_hash_costs_one_hash_with_its_own_parameters() {
        let hasher = Hasher::new(HashParams::Bcrypt { cost: 4 }, Arc::new(OsEntropy)).unwrap();
        let mut memory = Memory::for_params(SMALL);
        let password = Password::parse("imported").unwrap();
        let hash = make(SMALL, &OsEntropy, &password, &mut memory).unwrap().to_hash();
        for text in ["imported", "wrong"] {
            memory.computed.clear();
            let verdict = hasher.verify(&Password::parse(text).unwrap(), Some(&hash), &mut memory);
            assert_eq!(verdict, PasswordVerdict { matches: text == "imported", outdated: true });
            assert_eq!(memory.computed, [SMALL]);
        }
    }
}

//! The hasher keeps the promises of its port.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use evently_auth_contract::{HasherHarness, given};
use evently_auth_crypto::{HashParams, HasherConfig, HasherPool, OsEntropy};
use evently_auth_domain::error::StoreError;
use evently_auth_domain::password::Password;
use evently_auth_domain::ports::{Entropy, PasswordHasher};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};

const SMALL: HashParams = HashParams::Argon2id { memory_kib: 64, iterations: 1, parallelism: 1 };
const WAITING: usize = 4;

fn pool(params: HashParams, queue: usize, entropy: Arc<dyn Entropy>) -> HasherPool {
    let config =
        HasherConfig { params, threads: NonZeroUsize::MIN, queue: NonZeroUsize::new(queue).unwrap() };
    HasherPool::new(config, entropy).unwrap()
}

/// Randomness that keeps those who want some waiting, for as long as it is held.
#[derive(Default)]
struct Held {
    held: Mutex<bool>,
    changed: Condvar,
    waits: AtomicBool,
}

impl Held {
    fn hold(&self, held: bool) {
        *self.held.lock().unwrap() = held;
        self.changed.notify_all();
    }
}

impl Entropy for Held {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), StoreError> {
        let held = self.held.lock().unwrap();
        self.waits.store(*held, Ordering::SeqCst);
        drop(self.changed.wait_while(held, |held| *held).unwrap());
        OsEntropy.fill(bytes)
    }
}

/// A pool whose thread is held up, and whose queue is full, with passwords of the network that crowds it.
async fn crowded(held: &Arc<Held>) -> Arc<HasherPool> {
    let pool = Arc::new(pool(SMALL, WAITING, held.clone()));
    held.hold(true);
    let ask = || {
        let pool = Arc::clone(&pool);
        tokio::spawn(async move {
            pool.hash(&Password::parse("another").unwrap(), Some(given::crowding())).await.map(drop)
        })
    };
    drop(ask());
    while !held.waits.load(Ordering::SeqCst) {
        tokio::task::yield_now().await;
    }
    for _ in 0..WAITING {
        drop(ask());
    }
    while pool.load().queued < WAITING {
        tokio::task::yield_now().await;
    }
    pool
}

async fn hasher() -> HasherHarness {
    let held = Arc::new(Held::default());
    let crowded = crowded(&held).await;
    let outdated = [
        HashParams::Argon2id { memory_kib: 128, iterations: 1, parallelism: 1 },
        HashParams::Bcrypt { cost: 4 },
    ];
    HasherHarness {
        hasher: Arc::new(pool(SMALL, 16, Arc::new(OsEntropy))),
        outdated: outdated
            .map(|params| Arc::new(pool(params, 16, Arc::new(OsEntropy))) as Arc<dyn PasswordHasher>)
            .into(),
        crowded,
        relieve: Box::new(move || held.hold(false)),
        out_of_bounds: vec![
            "$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
            "$2b$31$qu8uqI8b5fmaI0XIyZ4/0uZ1e6qNbXvhVISWXYMBPwce/lB8B7ek2".to_owned(),
        ],
    }
}

evently_auth_contract::password_hasher!(hasher);

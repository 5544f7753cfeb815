//! The hasher as the use cases see it: bounded, quick to refuse, and hard to break.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use evently_auth_crypto::{HashParams, HasherConfig, HasherError, HasherPool, OsEntropy};
use evently_auth_domain::error::StoreError;
use evently_auth_domain::password::{Password, PasswordHash};
use evently_auth_domain::ports::{Entropy, HashError, PasswordHasher, PasswordVerdict};
use futures_util::FutureExt;
use futures_util::future::join_all;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

const SMALL: HashParams = HashParams::Argon2id { memory_kib: 64, iterations: 1, parallelism: 1 };
const YES: PasswordVerdict = PasswordVerdict { matches: true, outdated: false };
const NO: PasswordVerdict = PasswordVerdict { matches: false, outdated: false };

fn config(params: HashParams, threads: usize, queue: usize) -> HasherConfig {
    let count = |n| NonZeroUsize::new(n).unwrap();
    HasherConfig { params, threads: count(threads), queue: count(queue) }
}

fn hasher(params: HashParams) -> HasherPool {
    HasherPool::new(config(params, 2, 200), Arc::new(OsEntropy)).unwrap()
}

fn password(text: &str) -> Password {
    Password::parse(text).unwrap()
}

#[tokio::test]
async fn a_password_verifies_against_its_own_hash_alone() {
    for params in [SMALL, HashParams::Bcrypt { cost: 4 }, HashParams::default()] {
        let hasher = hasher(params);
        let hash = hasher.hash(&password("correct horse"), None).await.unwrap();
        assert_eq!(hasher.verify(&password("correct horse"), Some(&hash), None).await.unwrap(), YES);
        assert_eq!(hasher.verify(&password("correct Horse"), Some(&hash), None).await.unwrap(), NO);
        assert_eq!(hasher.verify(&password("correct horse"), None, None).await.unwrap(), NO);
        let again = hasher.hash(&password("correct horse"), None).await.unwrap();
        assert_ne!(hash.expose(), again.expose(), "each hash has a salt of its own");
    }
}

#[tokio::test]
async fn the_default_is_what_owasp_recommends() {
    let hash = hasher(HashParams::default()).hash(&password("correct horse"), None).await.unwrap();
    assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.expose());
    let hash = hasher(HashParams::Bcrypt { cost: 4 }).hash(&password("correct horse"), None).await.unwrap();
    assert!(hash.expose().starts_with("$2b$04$") && hash.expose().len() == 60, "{}", hash.expose());
}

#[tokio::test]
async fn hashes_of_other_parameters_verify_and_are_outdated() {
    let all = [
        SMALL,
        HashParams::Argon2id { memory_kib: 256, iterations: 2, parallelism: 2 },
        HashParams::Bcrypt { cost: 4 },
    ];
    let secret = password("correct horse");
    for made_with in all {
        let hash = hasher(made_with).hash(&secret, None).await.unwrap();
        for current in all {
            let hasher = hasher(current);
            let outdated = current != made_with;
            let verdict = hasher.verify(&secret, Some(&hash), None).await.unwrap();
            assert_eq!(verdict, PasswordVerdict { matches: true, outdated });
            let rehashed = hasher.hash(&secret, None).await.unwrap();
            assert_eq!(hasher.verify(&secret, Some(&rehashed), None).await.unwrap(), YES);
        }
    }
}

#[tokio::test]
async fn bcrypt_refuses_a_73rd_byte() {
    let hasher = hasher(HashParams::Bcrypt { cost: 4 });
    let fits = "ä".repeat(36);
    let hash = hasher.hash(&password(&fits), None).await.unwrap();
    assert_eq!(hasher.verify(&password(&fits), Some(&hash), None).await.unwrap(), YES);
    let long = password(&format!("{fits}x"));
    assert_eq!(hasher.verify(&long, Some(&hash), None).await.unwrap(), NO);
    assert!(matches!(hasher.hash(&long, None).await, Err(HashError::Failed(_))));
}

#[tokio::test]
async fn what_is_no_hash_verifies_nothing() {
    let hasher = hasher(SMALL);
    for text in [
        "",
        "correct horse",
        "$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        "$2b$31$",
    ] {
        let hash = PasswordHash::new(text);
        assert_eq!(hasher.verify(&password("correct horse"), Some(&hash), None).await.unwrap(), NO, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_with_mixed_parameters_do_not_disturb_each_other() {
    let others = [
        HashParams::Argon2id { memory_kib: 512, iterations: 1, parallelism: 4 },
        HashParams::Bcrypt { cost: 4 },
        SMALL,
    ];
    let mut hashes = Vec::new();
    for (n, params) in others.into_iter().cycle().take(30).enumerate() {
        let secret = password(&format!("secret {n}"));
        let hash = hasher(params).hash(&secret, None).await.unwrap();
        hashes.push((secret, hash));
    }
    let hasher = hasher(SMALL);
    let verdicts =
        join_all(hashes.iter().map(|(secret, hash)| hasher.verify(secret, Some(hash), None))).await;
    assert!(verdicts.into_iter().all(|verdict| verdict.unwrap().matches));
    let shifted = hashes.iter().zip(hashes.iter().skip(1));
    let verdicts =
        join_all(shifted.map(|((secret, _), (_, hash))| hasher.verify(secret, Some(hash), None))).await;
    assert!(verdicts.into_iter().all(|verdict| !verdict.unwrap().matches));
}

/// Randomness that can be held up, or made to panic.
#[derive(Default)]
struct Trap {
    held: Mutex<bool>,
    released: Condvar,
    panics: AtomicBool,
}

impl Trap {
    fn hold(&self, held: bool) {
        *self.held.lock().unwrap() = held;
        self.released.notify_all();
    }
}

impl Entropy for Trap {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), StoreError> {
        assert!(!self.panics.load(Ordering::SeqCst), "on purpose");
        drop(self.released.wait_while(self.held.lock().unwrap(), |held| *held).unwrap());
        OsEntropy.fill(bytes)
    }
}

#[tokio::test]
async fn overload_is_told_at_once() {
    let trap = Arc::new(Trap::default());
    let hasher = HasherPool::new(config(SMALL, 2, 3), trap.clone()).unwrap();
    assert_eq!((hasher.load().threads, hasher.load().capacity, hasher.load().queued), (2, 3, 0));
    trap.hold(true);
    let secret = password("correct horse");
    let mut taken = Vec::new();
    // Two run and three wait; until a thread has taken its job the queue looks full sooner.
    while taken.len() < 5 {
        let mut asked = Box::pin(hasher.hash(&secret, None));
        if asked.as_mut().now_or_never().is_none() {
            taken.push(asked);
        }
    }
    assert_eq!(hasher.load().queued, 3);
    for refused in [
        hasher.hash(&secret, None).now_or_never().unwrap().map(|_| ()),
        hasher.verify(&secret, None, None).now_or_never().unwrap().map(|_| ()),
    ] {
        let Err(HashError::Overloaded { retry_after }) = refused else { panic!("{refused:?}") };
        assert!(retry_after >= Duration::from_secs(1));
    }
    trap.hold(false);
    assert!(join_all(taken).await.into_iter().all(|hash| hash.is_ok()));
    assert_eq!(hasher.verify(&secret, None, None).await.unwrap(), NO);
}

#[tokio::test]
async fn who_is_turned_away_is_told_how_long_those_take_that_wait() {
    /// Each hash takes as long as its salt.
    struct Slow;
    impl Entropy for Slow {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), StoreError> {
            std::thread::sleep(Duration::from_millis(600));
            OsEntropy.fill(bytes)
        }
    }
    let hasher = HasherPool::new(config(SMALL, 1, 3), Arc::new(Slow)).unwrap();
    let secret = password("correct horse");
    let mut taken = Vec::new();
    let retry_after = loop {
        let mut asked = Box::pin(hasher.hash(&secret, None));
        match asked.as_mut().now_or_never() {
            None => taken.push(asked),
            Some(Err(HashError::Overloaded { retry_after })) => break retry_after,
            Some(other) => panic!("{other:?}"),
        }
    };
    assert!(retry_after >= Duration::from_millis(4 * 600), "{retry_after:?}");
    taken.truncate(1);
    hasher.has_room(None).unwrap();
}

#[tokio::test]
async fn a_panic_breaks_nothing_but_its_own_answer() {
    let trap = Arc::new(Trap::default());
    let hasher = HasherPool::new(config(SMALL, 1, 4), trap.clone()).unwrap();
    trap.panics.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        assert!(matches!(hasher.hash(&password("correct horse"), None).await, Err(HashError::Failed(_))));
    }
    trap.panics.store(false, Ordering::SeqCst);
    assert!(hasher.hash(&password("correct horse"), None).await.is_ok());
}

#[test]
fn bad_parameters_and_missing_randomness_stop_the_start() {
    struct None;
    impl Entropy for None {
        fn fill(&self, _: &mut [u8]) -> Result<(), StoreError> {
            Err(StoreError::unavailable("no randomness"))
        }
    }
    let start =
        |params, entropy: Arc<dyn Entropy>| HasherPool::new(config(params, 1, 1), entropy).err().unwrap();
    let cost = HashParams::Bcrypt { cost: 31 };
    assert!(matches!(start(cost, Arc::new(OsEntropy)), HasherError::Params(_)));
    assert!(matches!(start(SMALL, Arc::new(None)), HasherError::Hash(_)));
}

//! The memory of hashing is that of its threads, however many passwords wait. Alone in its process, whose memory it reads.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use evently_auth_crypto::{HashParams, HasherConfig, HasherPool, OsEntropy};
use evently_auth_domain::password::Password;
use evently_auth_domain::ports::PasswordHasher;
use futures_util::future::join_all;
use std::num::NonZeroUsize;
use std::sync::Arc;

const MEMORY_KIB: u32 = 32 * 1024;
const THREADS: usize = 2;
const WAITING: usize = 16;

/// The most that this process has had in memory, in KiB.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test]
async fn many_that_wait_take_no_more_memory_than_those_that_are_hashed() {
    let params = HashParams::Argon2id { memory_kib: MEMORY_KIB, iterations: 1, parallelism: 1 };
    let [threads, queue] = [THREADS, WAITING].map(|n| NonZeroUsize::new(n).unwrap());
    let before = peak();
    let hasher = HasherPool::new(HasherConfig { params, threads, queue }, Arc::new(OsEntropy)).unwrap();
    let password = Password::parse("correct horse").unwrap();
    let hash = hasher.hash(&password, None).await.unwrap();
    let asked = (0..WAITING).map(async |n| match n % 2 {
        0 => hasher.hash(&password, None).await.map(|_| true),
        _ => hasher.verify(&password, Some(&hash), None).await.map(|verdict| verdict.matches),
    });
    assert!(join_all(asked).await.into_iter().all(|done| done.unwrap()), "all of them were taken");
    let (taken, block) = (peak() - before, usize::try_from(MEMORY_KIB).unwrap());
    assert!(taken > block, "{taken} KiB: so much is seen");
    assert!(taken < THREADS * block + block / 4, "{taken} KiB for {THREADS} threads with {block} KiB each");
}

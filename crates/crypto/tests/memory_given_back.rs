//! Memory of hashing goes back to the system with the threads that had it. Alone in its process, whose memory it reads.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use evently_auth_crypto::{HashParams, HasherConfig, HasherPool, OsEntropy};
use evently_auth_domain::password::Password;
use evently_auth_domain::ports::PasswordHasher;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The default; less than what an allocator may keep for later.
const MEMORY_KIB: u32 = 19_456;

/// What this process has in memory of its own, in KiB.
fn held() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test]
async fn what_a_thread_worked_in_goes_back_to_the_system() {
    let params = HashParams::Argon2id { memory_kib: MEMORY_KIB, iterations: 1, parallelism: 1 };
    let block = usize::try_from(MEMORY_KIB).unwrap();
    let before = held();
    // More than once: an allocator learns from what was freed what it should keep.
    for _ in 0..4 {
        let config = HasherConfig { params, threads: NonZeroUsize::MIN, queue: NonZeroUsize::MIN };
        let hasher = HasherPool::new(config, Arc::new(OsEntropy)).unwrap();
        hasher.hash(&Password::parse("correct horse").unwrap(), None).await.unwrap();
        assert!(held() > before + block / 2, "so much is seen");
        drop(hasher);
        let deadline = Instant::now() + Duration::from_secs(30);
        while held() > before + block / 4 {
            assert!(Instant::now() < deadline, "{} KiB are kept", held() - before);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

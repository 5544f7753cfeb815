//! Clauses of `Entropy`.

use evently_auth_domain::ports::Entropy;
use std::collections::HashSet;
use std::sync::Arc;

/// Tests an adapter of `Entropy`, given an async function that makes an `Arc<dyn Entropy>`.
#[macro_export]
macro_rules! entropy {
    ($fresh:expr) => {
        $crate::clauses!($fresh, entropy: [all_bytes_are_filled, no_two_fills_are_equal,]);
    };
}

/// Whatever the length: in 64 fills each byte is set at least once.
pub async fn all_bytes_are_filled(entropy: Arc<dyn Entropy>) {
    for length in [0, 1, 4, 12, 16, 31, 32, 33, 64, 1_000] {
        let mut set = vec![0; length];
        for _ in 0..64 {
            let mut bytes = vec![0; length];
            entropy.fill(&mut bytes).unwrap();
            set.iter_mut().zip(&bytes).for_each(|(set, byte)| *set |= byte);
        }
        assert!(set.iter().all(|byte| *byte != 0), "{length} bytes");
    }
}

/// Nobody can guess the next from the last.
pub async fn no_two_fills_are_equal(entropy: Arc<dyn Entropy>) {
    let mut seen = HashSet::new();
    for _ in 0..1_000 {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes).unwrap();
        assert!(seen.insert(bytes));
    }
}

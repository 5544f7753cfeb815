//! Randomness from the operating system.

use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::Entropy;

/// The operating system's random bytes; never waits once the system has started.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is where the randomness comes from")]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), StoreError> {
        getrandom::fill(bytes).map_err(StoreError::unavailable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_all_bytes_differently_each_time() {
        let mut draws = [[0_u8; 64]; 2];
        for draw in &mut draws {
            OsEntropy.fill(draw).unwrap();
            assert!(draw.chunks(16).all(|part| part != [0; 16]));
        }
        assert_ne!(draws[0], draws[1]);
    }
}

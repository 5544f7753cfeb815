//! What a hash costs. Only bounded costs exist: neither a setting nor an imported hash can exhaust the machine.

use std::ops::RangeInclusive;

/// How a password is hashed; the default is OWASP's recommendation for Argon2id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashParams {
    /// Argon2id version 1.3 (RFC 9106).
    Argon2id {
        /// Memory in KiB, 8 for each lane up to 262,144 (256 MiB).
        memory_kib: u32,
        /// Passes over the memory, 1 to 20.
        iterations: u32,
        /// Lanes, 1 to 16. They are filled one after another: the pool's threads use the cores.
        parallelism: u32,
    },
    /// bcrypt; reads 72 bytes of a password at most.
    Bcrypt {
        /// 2^cost rounds, 4 to 16.
        cost: u32,
    },
}

/// The parameters are out of bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{name} is {value}, but has to be from {min} to {max}")]
pub struct InvalidHashParams {
    /// Which one, as in [`HashParams`].
    pub name: &'static str,
    /// What it is.
    pub value: u32,
    /// The least that is possible.
    pub min: u32,
    /// The most that is possible.
    pub max: u32,
}

impl HashParams {
    /// The bytes of a password that bcrypt reads.
    pub(super) const BCRYPT_MAX_BYTES: usize = 72;
    const MAX_MEMORY_KIB: u32 = 256 * 1024;
    const ITERATIONS: RangeInclusive<u32> = 1..=20;
    const PARALLELISM: RangeInclusive<u32> = 1..=16;
    const BCRYPT_COST: RangeInclusive<u32> = 4..=16;

    /// Most bytes of a password that can be hashed so, if there is a limit; a longer one is refused, never cut.
    pub fn max_password_bytes(self) -> Option<usize> {
        match self {
            Self::Argon2id { .. } => None,
            Self::Bcrypt { .. } => Some(Self::BCRYPT_MAX_BYTES),
        }
    }

    /// Holds the parameters against their bounds.
    ///
    /// # Errors
    /// The first one that is out of bounds.
    pub fn check(self) -> Result<(), InvalidHashParams> {
        match self {
            Self::Argon2id { memory_kib, iterations, parallelism } => {
                within("parallelism", parallelism, &Self::PARALLELISM)?;
                within("iterations", iterations, &Self::ITERATIONS)?;
                within("memory_kib", memory_kib, &(8 * parallelism..=Self::MAX_MEMORY_KIB))
            }
            Self::Bcrypt { cost } => within("cost", cost, &Self::BCRYPT_COST),
        }
    }
}

impl Default for HashParams {
    fn default() -> Self {
        Self::Argon2id { memory_kib: 19_456, iterations: 2, parallelism: 1 }
    }
}

fn within(name: &'static str, value: u32, range: &RangeInclusive<u32>) -> Result<(), InvalidHashParams> {
    if range.contains(&value) {
        Ok(())
    } else {
        Err(InvalidHashParams { name, value, min: *range.start(), max: *range.end() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_themselves_are_allowed() {
        for (memory_kib, iterations, parallelism) in [(8, 1, 1), (128, 1, 16), (262_144, 20, 16)] {
            assert_eq!(HashParams::Argon2id { memory_kib, iterations, parallelism }.check(), Ok(()));
        }
        for cost in [4, 12, 16] {
            assert_eq!(HashParams::Bcrypt { cost }.check(), Ok(()));
        }
        assert_eq!(HashParams::default().check(), Ok(()));
    }

    #[test]
    fn an_error_names_what_is_out_of_bounds() {
        let argon2 = |memory_kib, iterations, parallelism| {
            HashParams::Argon2id { memory_kib, iterations, parallelism }.check().unwrap_err().name
        };
        for memory_kib in [0, 7, 262_145, u32::MAX] {
            assert_eq!(argon2(memory_kib, 1, 1), "memory_kib");
        }
        assert_eq!(argon2(15, 1, 2), "memory_kib");
        for beyond in [0, 21, u32::MAX] {
            assert_eq!(argon2(1024, beyond, 1), "iterations");
            assert_eq!(argon2(1024, 1, beyond), "parallelism");
        }
        for cost in [0, 3, 17, 31, u32::MAX] {
            let error = HashParams::Bcrypt { cost }.check().unwrap_err();
            assert_eq!(error.to_string(), format!("cost is {cost}, but has to be from 4 to 16"));
        }
    }
}

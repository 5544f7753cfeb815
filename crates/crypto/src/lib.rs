//! Password hashing, access tokens and randomness: the domain's cryptographic ports over well-known libraries.
//!
//! - [`HasherPool`]: Argon2id and bcrypt on threads of their own, behind a bounded queue
//!   that is fair by client network.
//! - [`JwtAccessTokens`]: signed JWTs, one key, one algorithm.
//! - [`OsEntropy`]: the operating system's random bytes.

mod entropy;
mod jwt;
mod password;

pub use entropy::OsEntropy;
pub use jwt::{JwtAccessTokens, JwtAlgorithm, JwtKey, JwtKeyError, UnknownAlgorithm};
pub use password::{HashParams, HasherConfig, HasherError, HasherPool, InvalidHashParams, PoolLoad};

/// Parsers of outside input, for the fuzz targets alone.
#[cfg(fuzzing)]
pub mod fuzzing {
    use crate::password::{HashParams, Stored};
    use evently_auth_domain::password::PasswordHash;

    /// Reads a stored hash: its costs, and how we would write it.
    pub fn read_hash(text: &str) -> Option<(HashParams, String)> {
        let stored = Stored::parse(&PasswordHash::new(text))?;
        Some((stored.params(), stored.to_hash().expose().to_owned()))
    }
}

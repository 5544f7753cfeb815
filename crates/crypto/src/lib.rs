//! Password hashing, access tokens and randomness: the domain's cryptographic ports over well-known libraries.
//!
//! - [`HasherPool`]: Argon2id and bcrypt on threads of their own, behind a bounded queue.
//! - [`JwtAccessTokens`]: signed JWTs, one key, one algorithm.
//! - [`OsEntropy`]: the operating system's random bytes.

mod entropy;
mod jwt;
mod password;

pub use entropy::OsEntropy;
pub use jwt::{JwtAccessTokens, JwtAlgorithm, JwtKey, JwtKeyError, UnknownAlgorithm};
pub use password::{HashParams, HasherConfig, HasherError, HasherPool, InvalidHashParams, PoolLoad};

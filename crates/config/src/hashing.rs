//! How passwords are hashed.

use crate::error::ConfigError;
use crate::reader::Reader;
use crate::variables as var;

/// Settings of the password hasher. Both sets of parameters are there: hashes of both kinds are verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashConfig {
    /// What new hashes are made with.
    pub algorithm: HashAlgorithm,
    /// Parameters of Argon2id.
    pub argon2: Argon2Config,
    /// The cost of bcrypt, the logarithm of its rounds.
    pub bcrypt_cost: u32,
}

/// A password hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashAlgorithm {
    /// RFC 9106.
    Argon2id,
    /// For platforms that share hashes with older services.
    Bcrypt,
}

/// Parameters of Argon2id (RFC 9106, 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2Config {
    /// Memory of one hash in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
}

impl HashConfig {
    pub(crate) fn read(reader: &Reader<'_>) -> Result<Self, ConfigError> {
        let algorithms = [("argon2id", HashAlgorithm::Argon2id), ("bcrypt", HashAlgorithm::Bcrypt)];
        Ok(Self {
            algorithm: reader.choice(&var::PASSWORD_HASH, &algorithms)?.unwrap_or(HashAlgorithm::Argon2id),
            argon2: Argon2Config {
                memory_kib: reader.number(&var::ARGON2_MEMORY_KIB)?,
                iterations: reader.number(&var::ARGON2_ITERATIONS)?,
                parallelism: reader.number(&var::ARGON2_PARALLELISM)?,
            },
            bcrypt_cost: reader.number(&var::BCRYPT_COST)?,
        })
    }
}

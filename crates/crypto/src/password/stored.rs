//! Password hashes as they are stored: PHC strings of Argon2id and the strings of bcrypt, computed, written and read.
//! The costs of what is read are within bounds, so computing it is safe whoever wrote it.

use super::memory::Memory;
use super::params::HashParams;
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::alphabet::BCRYPT;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD_NO_PAD};
use evently_auth_domain::password::{Password, PasswordHash};
use std::hint::black_box;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Bytes of a new salt, and of every bcrypt salt.
pub(super) const SALT_BYTES: usize = 16;
const ARGON2_DIGEST_BYTES: usize = 32;
/// The fewest bytes that an imported Argon2id digest may have: 128 bits.
const ARGON2_MIN_DIGEST_BYTES: usize = 16;
/// bcrypt computes 24 bytes, and all implementations store one less.
const BCRYPT_DIGEST_BYTES: usize = 23;

/// bcrypt's own base64. Some libraries leave bits behind in a last character that are not part of the value.
const BCRYPT_BASE64: GeneralPurpose =
    GeneralPurpose::new(&BCRYPT, NO_PAD.with_decode_allow_trailing_bits(true));

/// A password hash taken apart.
pub(crate) struct Stored {
    params: HashParams,
    /// Of Argon2; bcrypt has but one that counts.
    version: Version,
    salt: Vec<u8>,
    digest: Vec<u8>,
}

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unhashable {
    #[error("a password for bcrypt has at most {} bytes", HashParams::BCRYPT_MAX_BYTES)]
    TooLong,
    #[error("Argon2 refused: {0}")]
    Argon2(#[from] argon2::Error),
}

impl Stored {
    /// Hashes `password`.
    pub(super) fn make(
        params: HashParams,
        salt: [u8; SALT_BYTES],
        password: &Password,
        memory: &mut Memory,
    ) -> Result<Self, Unhashable> {
        if !is_hashable(password, params) {
            return Err(Unhashable::TooLong);
        }
        let digest = vec![0; digest_bytes(params)];
        let mut made = Self { params, version: Version::V0x13, salt: salt.to_vec(), digest };
        made.digest = made.compute(password, memory)?;
        Ok(made)
    }

    /// Whether it was made of `password`; costs the same whichever password it is.
    pub(super) fn matches(&self, password: &Password, memory: &mut Memory) -> bool {
        let equal = self.compute(password, memory).is_ok_and(|digest| digest.ct_eq(&self.digest).into());
        // Without the box an optimiser might leave work out whose result decides nothing.
        black_box(equal) && is_hashable(password, self.params)
    }

    /// Whether `params` would make another kind of hash of `password`, if any.
    pub(super) fn is_outdated(&self, params: HashParams, password: &Password) -> bool {
        let is_current = self.params == params
            && self.version == Version::V0x13
            && self.salt.len() >= SALT_BYTES
            && self.digest.len() >= digest_bytes(params);
        !is_current && is_hashable(password, params)
    }

    /// Reads what any implementation of Argon2id or bcrypt wrote; `None` for everything else.
    pub(crate) fn parse(hash: &PasswordHash) -> Option<Self> {
        let stored = parse_argon2id(hash.expose()).or_else(|| parse_bcrypt(hash.expose()))?;
        stored.params.check().ok()?;
        Some(stored)
    }

    /// Writes it as it is stored.
    pub(crate) fn to_hash(&self) -> PasswordHash {
        PasswordHash::new(match self.params {
            HashParams::Argon2id { memory_kib, iterations, parallelism } => format!(
                "$argon2id$v={}$m={memory_kib},t={iterations},p={parallelism}${}${}",
                u32::from(self.version),
                STANDARD_NO_PAD.encode(&self.salt),
                STANDARD_NO_PAD.encode(&self.digest),
            ),
            HashParams::Bcrypt { cost } => format!(
                "$2b${cost:02}${}{}",
                BCRYPT_BASE64.encode(&self.salt),
                BCRYPT_BASE64.encode(&self.digest),
            ),
        })
    }

    /// What computing it costs.
    #[cfg(fuzzing)]
    pub(crate) fn params(&self) -> HashParams {
        self.params
    }

    /// The digest that `password` has with this salt and these parameters, as long as the one at hand.
    fn compute(&self, password: &Password, memory: &mut Memory) -> Result<Vec<u8>, argon2::Error> {
        #[cfg(test)]
        memory.computed.push(self.params);
        let password = password.expose().as_bytes();
        match self.params {
            HashParams::Argon2id { memory_kib, iterations, parallelism } => {
                let params = Params::new(memory_kib, iterations, parallelism, Some(self.digest.len()))?;
                let blocks = params.block_count();
                let argon2 = Argon2::new(Algorithm::Argon2id, self.version, params);
                let mut digest = vec![0; self.digest.len()];
                memory.lend(blocks, |blocks| {
                    argon2.hash_password_into_with_memory(password, &self.salt, &mut digest, blocks)
                })?;
                Ok(digest)
            }
            HashParams::Bcrypt { cost } => {
                // The key is the password with a NUL, cut at 72 bytes; `is_hashable` sees to it that none is cut.
                let mut key = Zeroizing::new([0; HashParams::BCRYPT_MAX_BYTES]);
                let used = key.iter_mut().zip(password).map(|(key, byte)| *key = *byte).count();
                let key = key.get(..=used).unwrap_or(key.as_slice());
                let mut salt = [0; SALT_BYTES];
                salt.iter_mut().zip(&self.salt).for_each(|(salt, byte)| *salt = *byte);
                let mut digest = bcrypt::bcrypt(cost, salt, key).to_vec();
                digest.truncate(BCRYPT_DIGEST_BYTES);
                Ok(digest)
            }
        }
    }
}

fn digest_bytes(params: HashParams) -> usize {
    match params {
        HashParams::Argon2id { .. } => ARGON2_DIGEST_BYTES,
        HashParams::Bcrypt { .. } => BCRYPT_DIGEST_BYTES,
    }
}

/// Whether the algorithm reads all of `password`.
fn is_hashable(password: &Password, params: HashParams) -> bool {
    params.max_password_bytes().is_none_or(|max| password.expose().len() <= max)
}

/// `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<digest>` (the PHC string format). The other variants are refused.
fn parse_argon2id(text: &str) -> Option<Stored> {
    let phc = argon2::PasswordHash::new(text).ok()?;
    let version = match phc.version {
        Some(0x13) => Version::V0x13,
        Some(0x10) | None => Version::V0x10,
        Some(_) => return None,
    };
    let params = HashParams::Argon2id {
        memory_kib: phc.params.get_decimal("m")?,
        iterations: phc.params.get_decimal("t")?,
        parallelism: phc.params.get_decimal("p")?,
    };
    // A fourth one would be a key id or associated data, which are not the password's alone.
    let is_plain = phc.algorithm == ARGON2ID_IDENT && phc.params.iter().count() == 3;
    let (salt, digest) = (phc.salt?.to_vec(), phc.hash?.as_bytes().to_vec());
    (is_plain && digest.len() >= ARGON2_MIN_DIGEST_BYTES).then_some(Stored { params, version, salt, digest })
}

/// `$2b$12$<22 characters of salt><31 of digest>`, also as `$2a$` and `$2y$`: the same for what we take as passwords.
fn parse_bcrypt(text: &str) -> Option<Stored> {
    let rest = ["$2a$", "$2b$", "$2y$"].into_iter().find_map(|prefix| text.strip_prefix(prefix))?;
    let (cost, rest) = rest.split_once('$')?;
    let (salt, digest) = rest.split_at_checked(22)?;
    if cost.len() != 2 || !cost.bytes().all(|byte| byte.is_ascii_digit()) || digest.len() != 31 {
        return None;
    }
    Some(Stored {
        params: HashParams::Bcrypt { cost: cost.parse().ok()? },
        version: Version::V0x13,
        salt: BCRYPT_BASE64.decode(salt).ok()?,
        digest: BCRYPT_BASE64.decode(digest).ok()?,
    })
}

#[cfg(test)]
mod tests;

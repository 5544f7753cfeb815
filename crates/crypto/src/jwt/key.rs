//! Signing keys. A key belongs to one algorithm and has one name (`kid`), so a token can choose neither.

use super::claims::{Header, Payload};
use super::hmac_key::HmacKey;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jwt_simple::prelude::{
    Duration, ECDSAP256KeyPairLike, ECDSAP256PublicKeyLike, ES256KeyPair, ES256PublicKey, Ed25519KeyPair,
    Ed25519PublicKey, EdDSAKeyPairLike, EdDSAPublicKeyLike, HeaderOptions, JWTClaims, NoCustomClaims,
    RS256KeyPair, RS256PublicKey, RSAKeyPairLike, RSAPublicKeyLike, UnixTimeStamp, VerificationOptions,
};
use sha2::Sha256;
use std::fmt;
use std::str::FromStr;

/// The type of an access token (RFC 9068, 2.1); siblings' other tokens have another.
const TYPE: &str = "at+jwt";
/// How far ahead the clock of another instance may be.
pub(super) const LEEWAY_SECONDS: i64 = 30;

/// How access tokens are signed (`JWT_ALGORITHM`, RFC 7518 and RFC 8037).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JwtAlgorithm {
    /// HMAC with SHA-256: verifiers share the secret.
    #[default]
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl JwtAlgorithm {
    const ALL: [Self; 6] = [Self::Hs256, Self::Hs384, Self::Hs512, Self::Rs256, Self::Es256, Self::EdDsa];

    /// The name as it stands in a token's `alg`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Whether its key is a secret that verifiers share; else it is a private key in PEM.
    pub fn is_symmetric(self) -> bool {
        match self {
            Self::Hs256 | Self::Hs384 | Self::Hs512 => true,
            Self::Rs256 | Self::Es256 | Self::EdDsa => false,
        }
    }
}

impl fmt::Display for JwtAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no algorithm that tokens are signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("one of HS256, HS384, HS512, RS256, ES256, EdDSA is needed")]
pub struct UnknownAlgorithm;

impl FromStr for JwtAlgorithm {
    type Err = UnknownAlgorithm;

    fn from_str(text: &str) -> Result<Self, UnknownAlgorithm> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == text).ok_or(UnknownAlgorithm)
    }
}

/// Why there is no key; says nothing of the key itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwtKeyError {
    /// A secret that can be guessed.
    #[error("the secret has {bytes} bytes, but needs at least {}", JwtKey::MIN_SECRET_BYTES)]
    SecretTooShort {
        /// How many it has.
        bytes: usize,
    },
    /// A secret for an algorithm of key pairs.
    #[error("{0} signs with a private key in PEM, not with a shared secret")]
    NeedsPem(JwtAlgorithm),
    /// A private key for an algorithm of secrets.
    #[error("{0} signs with a shared secret, not with a private key")]
    NeedsSecret(JwtAlgorithm),
    /// Not a key of the algorithm.
    #[error(
        "this is no private key for {0}: an unencrypted PKCS#8 PEM is needed (\"BEGIN PRIVATE KEY\"); RSA from 2048 bits, ES256 on the curve P-256"
    )]
    BadPem(JwtAlgorithm),
}

/// What access tokens are signed and verified with; never printed.
pub struct JwtKey {
    keys: Keys,
    id: String,
}

enum Keys {
    Hmac(JwtAlgorithm, HmacKey),
    Rs256(Box<(RS256KeyPair, RS256PublicKey)>),
    Es256(Box<(ES256KeyPair, ES256PublicKey)>),
    EdDsa(Box<(Ed25519KeyPair, Ed25519PublicKey)>),
}

impl JwtKey {
    /// The fewest bytes of a secret: 256 bits, what RFC 7518 (3.2) asks for HS256. Settings
    /// ask more for HS384 and HS512.
    pub const MIN_SECRET_BYTES: usize = 32;

    /// A key of `algorithm` from a shared secret.
    ///
    /// # Errors
    /// When the secret is too short, or the algorithm takes none.
    pub fn hmac(algorithm: JwtAlgorithm, secret: &[u8]) -> Result<Self, JwtKeyError> {
        if algorithm.is_symmetric() && secret.len() < Self::MIN_SECRET_BYTES {
            return Err(JwtKeyError::SecretTooShort { bytes: secret.len() });
        }
        let id = secret_id(algorithm, secret);
        let keys = match algorithm {
            JwtAlgorithm::Hs256 => Keys::Hmac(algorithm, HmacKey::hs256(secret)),
            JwtAlgorithm::Hs384 => Keys::Hmac(algorithm, HmacKey::hs384(secret)),
            JwtAlgorithm::Hs512 => Keys::Hmac(algorithm, HmacKey::hs512(secret)),
            JwtAlgorithm::Rs256 | JwtAlgorithm::Es256 | JwtAlgorithm::EdDsa => {
                return Err(JwtKeyError::NeedsPem(algorithm));
            }
        };
        Ok(Self { keys, id })
    }

    /// A key pair of `algorithm` from its private key.
    ///
    /// # Errors
    /// When `pem` is no private key of this algorithm.
    pub fn from_pem(algorithm: JwtAlgorithm, pem: &str) -> Result<Self, JwtKeyError> {
        let bad = |_| JwtKeyError::BadPem(algorithm);
        let pem = pem.trim();
        match algorithm {
            JwtAlgorithm::Rs256 => {
                let pair = RS256KeyPair::from_pem(pem).map_err(bad)?;
                let id = pair.public_key().jwk_thumbprint();
                let pair = pair.with_key_id(&id);
                let public = pair.public_key();
                Ok(Self { keys: Keys::Rs256(Box::new((pair, public))), id })
            }
            JwtAlgorithm::Es256 => {
                let pair = ES256KeyPair::from_pem(pem).map_err(bad)?;
                let id = pair.public_key().jwk_thumbprint();
                let pair = pair.with_key_id(&id);
                let public = pair.public_key();
                Ok(Self { keys: Keys::Es256(Box::new((pair, public))), id })
            }
            JwtAlgorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_pem(pem).map_err(bad)?;
                let id = pair.public_key().jwk_thumbprint();
                let pair = pair.with_key_id(&id);
                let public = pair.public_key();
                Ok(Self { keys: Keys::EdDsa(Box::new((pair, public))), id })
            }
            JwtAlgorithm::Hs256 | JwtAlgorithm::Hs384 | JwtAlgorithm::Hs512 => {
                Err(JwtKeyError::NeedsSecret(algorithm))
            }
        }
    }

    /// A fresh private key of `algorithm` in PEM; RSA with 3072 bits.
    ///
    /// # Errors
    /// When the algorithm takes a secret.
    pub fn generate_pem(algorithm: JwtAlgorithm) -> Result<String, JwtKeyError> {
        const RSA_BITS: usize = 3072;
        let bad = |_| JwtKeyError::BadPem(algorithm);
        match algorithm {
            JwtAlgorithm::Rs256 => {
                RS256KeyPair::generate(RSA_BITS).and_then(|pair| pair.to_pem()).map_err(bad)
            }
            JwtAlgorithm::Es256 => ES256KeyPair::generate().to_pem().map_err(bad),
            JwtAlgorithm::EdDsa => Ok(Ed25519KeyPair::generate().to_pem()),
            JwtAlgorithm::Hs256 | JwtAlgorithm::Hs384 | JwtAlgorithm::Hs512 => {
                Err(JwtKeyError::NeedsSecret(algorithm))
            }
        }
    }

    /// The name of the key (`kid`), always the same for the same key. It is the thumbprint of a public key
    /// (RFC 7638); of a secret it is an HMAC, which tells nobody more than a token does.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it signs with.
    pub fn algorithm(&self) -> JwtAlgorithm {
        match self.keys {
            Keys::Hmac(algorithm, _) => algorithm,
            Keys::Rs256(_) => JwtAlgorithm::Rs256,
            Keys::Es256(_) => JwtAlgorithm::Es256,
            Keys::EdDsa(_) => JwtAlgorithm::EdDsa,
        }
    }

    /// What the header of every token of this key says.
    pub(super) fn header(&self) -> Header<'_> {
        Header { alg: self.algorithm().as_str(), kid: &self.id, typ: TYPE }
    }

    /// The token with this payload.
    pub(super) fn sign(&self, payload: &Payload<'_>) -> Result<String, jwt_simple::Error> {
        let header = HeaderOptions { signature_type: Some(TYPE.to_owned()), content_type: None };
        match &self.keys {
            Keys::Hmac(_, key) => {
                let part = |json: Vec<u8>| URL_SAFE_NO_PAD.encode(json);
                let signed =
                    part(serde_json::to_vec(&self.header())?) + "." + &part(serde_json::to_vec(payload)?);
                let signature = key.sign(&signed);
                Ok(signed + "." + &signature)
            }
            Keys::Rs256(keys) => keys.0.sign_with_options(only(payload), &header),
            Keys::Es256(keys) => keys.0.sign_with_options(only(payload), &header),
            Keys::EdDsa(keys) => keys.0.sign_with_options(only(payload), &header),
        }
    }

    /// Whether the signature of `token` is ours. What it says is for the caller to read.
    pub(super) fn verifies(&self, token: &str, now: UnixTimeStamp) -> bool {
        let options = || {
            Some(VerificationOptions {
                required_key_id: Some(self.id.clone()),
                required_signature_type: Some(TYPE.to_owned()),
                time_tolerance: Some(Duration::from_secs(LEEWAY_SECONDS.unsigned_abs())),
                artificial_time: Some(now),
                ..VerificationOptions::default()
            })
        };
        match &self.keys {
            Keys::Hmac(_, key) => {
                token.rsplit_once('.').is_some_and(|(signed, signature)| key.verifies(signed, signature))
            }
            Keys::Rs256(keys) => keys.1.verify_token::<NoCustomClaims>(token, options()).is_ok(),
            Keys::Es256(keys) => keys.1.verify_token::<NoCustomClaims>(token, options()).is_ok(),
            Keys::EdDsa(keys) => keys.1.verify_token::<NoCustomClaims>(token, options()).is_ok(),
        }
    }
}

/// Claims of ours and none of the library's: it would add `nbf`, and read a clock of its own.
fn only<T>(payload: T) -> JWTClaims<T> {
    JWTClaims {
        issued_at: None,
        expires_at: None,
        invalid_before: None,
        issuer: None,
        subject: None,
        audiences: None,
        jwt_id: None,
        nonce: None,
        custom: payload,
    }
}

impl fmt::Debug for JwtKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JwtKey({}, {})", self.algorithm(), self.id)
    }
}

/// Half an HMAC over a label that no token can be, since none has a space.
fn secret_id(algorithm: JwtAlgorithm, secret: &[u8]) -> String {
    let mut mac = match Hmac::<Sha256>::new_from_slice(secret) {
        Ok(mac) => mac,
        Err(never) => unreachable!("HMAC takes keys of any length: {never}"),
    };
    mac.update(b"evently-auth key id ");
    mac.update(algorithm.as_str().as_bytes());
    let digest = mac.finalize().into_bytes();
    let (half, _) = digest.split_at(digest.len() / 2);
    URL_SAFE_NO_PAD.encode(half)
}

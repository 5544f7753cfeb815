//! Makes JWTs as an attacker does: any header, any claims, any key, and every way to write them down.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::Value;
use sha2::{Sha256, Sha384, Sha512};

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// What signs.
#[derive(Clone)]
pub(crate) enum Signer {
    /// HMAC with the hash of this many bits.
    Hmac(u16, Vec<u8>),
    /// What a key pair does, from its private key in PEM.
    Pair(Pair, String),
}

/// The algorithms with a public key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pair {
    EdDsa,
    Es256,
    Rs256,
}

impl Pair {
    /// What a header calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }

    fn scheme(self) -> SignatureScheme {
        match self {
            Self::EdDsa => SignatureScheme::ED25519,
            Self::Es256 => SignatureScheme::ECDSA_NISTP256_SHA256,
            Self::Rs256 => SignatureScheme::RSA_PKCS1_SHA256,
        }
    }
}

impl Signer {
    pub(crate) fn hs256(key: impl AsRef<[u8]>) -> Self {
        Self::Hmac(256, key.as_ref().to_vec())
    }

    pub(crate) fn sign(&self, input: &str) -> Vec<u8> {
        macro_rules! tag {
            ($hash:ty, $key:expr) => {{
                let mut mac = Hmac::<$hash>::new_from_slice($key).unwrap();
                mac.update(input.as_bytes());
                mac.finalize().into_bytes().to_vec()
            }};
        }
        match self {
            Self::Hmac(384, key) => tag!(Sha384, key),
            Self::Hmac(512, key) => tag!(Sha512, key),
            Self::Hmac(_, key) => tag!(Sha256, key),
            Self::Pair(pair, pem) => {
                let key = any_supported_type(&private(pem)).unwrap();
                let signature = key.choose_scheme(&[pair.scheme()]).unwrap().sign(input.as_bytes()).unwrap();
                if matches!(pair, Pair::Es256) { of_fixed_length(&signature) } else { signature }
            }
        }
    }

    /// A token of these parts, as they are written.
    pub(crate) fn token_of(&self, header: &str, claims: &str) -> String {
        let input = format!("{}.{}", encode(header), encode(claims));
        let signature = encode(self.sign(&input));
        format!("{input}.{signature}")
    }

    pub(crate) fn token(&self, header: &Value, claims: &Value) -> String {
        self.token_of(&header.to_string(), &claims.to_string())
    }
}

/// Both numbers of an ECDSA signature in DER as JWTs have them (RFC 7518, 3.4): 32 bytes each.
fn of_fixed_length(der: &[u8]) -> Vec<u8> {
    let mut rest = &der[2..];
    let mut fixed = Vec::new();
    for _ in 0..2 {
        let (number, others) = rest[2..].split_at(rest[1].into());
        let significant = &number[number.len().saturating_sub(32)..];
        fixed.extend(vec![0; 32 - significant.len()]);
        fixed.extend(significant);
        rest = others;
    }
    fixed
}

fn private(pem: &str) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).unwrap()
}

/// The public key of a private one, as SubjectPublicKeyInfo in DER.
pub(crate) fn public(pem: &str) -> Vec<u8> {
    any_supported_type(&private(pem)).unwrap().public_key().unwrap().to_vec()
}

/// `object` with this member.
pub(crate) fn with(object: &Value, member: &str, value: Value) -> Value {
    let mut object = object.clone();
    object[member] = value;
    object
}

/// `object` without this member.
pub(crate) fn without(object: &Value, member: &str) -> Value {
    let mut object = object.clone();
    object.as_object_mut().unwrap().remove(member);
    object
}

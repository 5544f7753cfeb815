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
    /// Ed25519, from a private key in PEM.
    EdDsa(String),
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
            Self::EdDsa(pem) => {
                let key = any_supported_type(&private(pem)).unwrap();
                let signer = key.choose_scheme(&[SignatureScheme::ED25519]).unwrap();
                signer.sign(input.as_bytes()).unwrap()
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

//! HS256, HS384 and HS512 (RFC 7518, 3.2): every request is verified by one of them unless another algorithm is chosen,
//! so they are our own few lines over `hmac` and `sha2`, which use what the processor has for SHA-2.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha384, Sha512};

/// A shared secret, ready to be used: both of its blocks are hashed already.
pub(super) enum HmacKey {
    Hs256(Hmac<Sha256>),
    Hs384(Hmac<Sha384>),
    Hs512(Hmac<Sha512>),
}

impl HmacKey {
    pub(super) fn hs256(secret: &[u8]) -> Self {
        Self::Hs256(keyed(secret))
    }

    pub(super) fn hs384(secret: &[u8]) -> Self {
        Self::Hs384(keyed(secret))
    }

    pub(super) fn hs512(secret: &[u8]) -> Self {
        Self::Hs512(keyed(secret))
    }

    /// The third part of a token whose first two are `signed`.
    pub(super) fn sign(&self, signed: &str) -> String {
        match self {
            Self::Hs256(mac) => tag(mac, signed),
            Self::Hs384(mac) => tag(mac, signed),
            Self::Hs512(mac) => tag(mac, signed),
        }
    }

    /// Whether `signature` is that third part, in its one spelling; in constant time.
    pub(super) fn verifies(&self, signed: &str, signature: &str) -> bool {
        match self {
            Self::Hs256(mac) => is_tag(mac, signed, signature),
            Self::Hs384(mac) => is_tag(mac, signed, signature),
            Self::Hs512(mac) => is_tag(mac, signed, signature),
        }
    }
}

fn keyed<M: KeyInit>(secret: &[u8]) -> M {
    match M::new_from_slice(secret) {
        Ok(mac) => mac,
        Err(never) => unreachable!("HMAC takes keys of any length: {never}"),
    }
}

fn tag(mac: &(impl Mac + Clone), signed: &str) -> String {
    URL_SAFE_NO_PAD.encode(mac.clone().chain_update(signed).finalize().into_bytes())
}

fn is_tag(mac: &(impl Mac + Clone), signed: &str, signature: &str) -> bool {
    URL_SAFE_NO_PAD
        .decode(signature)
        .is_ok_and(|signature| mac.clone().chain_update(signed).verify_slice(&signature).is_ok())
}

//! Sessions on their way through a shared cache: whoever can write there cannot make one up, or pass one off as another.

use crate::session::Sid;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Seals what a shared cache keeps (HMAC-SHA256, RFC 2104); never printed.
#[derive(Clone)]
pub struct SessionSealKey([u8; 32]);

impl SessionSealKey {
    /// Takes a key of 256 bits.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The seal over what is kept of a session.
    pub fn seal(&self, sid: &Sid, kept: &[u8]) -> [u8; 32] {
        self.mac(sid, kept).finalize().into_bytes().into()
    }

    /// Whether `seal` is ours, for this session and these bytes; in constant time.
    pub fn proves(&self, sid: &Sid, kept: &[u8], seal: &[u8]) -> bool {
        self.mac(sid, kept).verify_slice(seal).is_ok()
    }

    fn mac(&self, sid: &Sid, kept: &[u8]) -> Hmac<Sha256> {
        let mut mac = match Hmac::<Sha256>::new_from_slice(&self.0) {
            Ok(mac) => mac,
            Err(never) => unreachable!("HMAC takes keys of any length: {never}"),
        };
        mac.update(sid.as_str().as_bytes()); // of one length, so nothing can move between it and what follows
        mac.update(kept);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_proves_one_key_session_and_value() {
        let sid = |letter: &str| Sid::parse(&letter.repeat(22)).unwrap();
        let key = SessionSealKey::new([1; 32]);
        let seal = key.seal(&sid("a"), b"kept");
        assert!(key.proves(&sid("a"), b"kept", &seal));
        assert!(!key.proves(&sid("b"), b"kept", &seal));
        assert!(!key.proves(&sid("a"), b"Kept", &seal));
        assert!(!key.proves(&sid("a"), b"kept", &seal[..31]));
        assert!(!SessionSealKey::new([2; 32]).proves(&sid("a"), b"kept", &seal));
    }
}

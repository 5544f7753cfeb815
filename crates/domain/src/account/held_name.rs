//! Held names: the same taken address always meets the same one, and nobody without the key can tell which.

use super::EmailAddress;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The server's key for held names; never printed.
#[derive(Clone)]
pub struct HeldNameKey([u8; 32]);

impl HeldNameKey {
    /// Takes over a derived key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The address under which a registration of `address` holds its username while `address` is taken
    /// (HMAC-SHA256, RFC 2104).
    pub fn address(&self, address: &EmailAddress) -> EmailAddress {
        let mut mac = match Hmac::<Sha256>::new_from_slice(&self.0) {
            Ok(mac) => mac,
            Err(never) => unreachable!("HMAC takes keys of any length: {never}"),
        };
        mac.update(address.as_str().as_bytes());
        EmailAddress::held_name(&mac.finalize().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_name_is_told_by_key_and_address() {
        let parse = |text| EmailAddress::parse(text).unwrap();
        let key = HeldNameKey::new([1; 32]);
        let held = key.address(&parse("ada@example.com"));
        assert_eq!(held, key.address(&parse("Ada@Example.com")));
        assert_ne!(held, key.address(&parse("bob@example.com")));
        assert_ne!(held, HeldNameKey::new([2; 32]).address(&parse("ada@example.com")));
        assert!(EmailAddress::parse_stored(held.as_str()).is_ok(), "a store gives it back");
    }
}

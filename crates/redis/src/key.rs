//! Keys: every one begins with the prefix of the installation and has a hash tag, so that it is known which keys live
//! on the same node of a cluster.

use redis::{RedisWrite, ToRedisArgs, ToSingleRedisArg};

/// How many slots a cluster has.
pub(crate) const SLOTS: u16 = 16_384;

/// A key, or the name of a channel, and where it lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    text: String,
    slot: u16,
}

impl Key {
    /// `prefix:area:{tag}rest`. Keys with the same `tag` live on the same node, whatever else they say.
    pub(crate) fn new(prefix: &str, area: &str, tag: &str, rest: &str) -> Self {
        let slot = crc16::State::<crc16::XMODEM>::calculate(tag.as_bytes()) % SLOTS;
        Self { text: format!("{prefix}:{area}:{{{tag}}}{rest}"), slot }
    }

    /// The key as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Its slot, 0 to 16,383.
    pub(crate) fn slot(&self) -> u16 {
        self.slot
    }
}

impl ToRedisArgs for Key {
    fn write_redis_args<W: ?Sized + RedisWrite>(&self, out: &mut W) {
        out.write_arg(self.text.as_bytes());
    }
}

impl ToSingleRedisArg for Key {}

/// Bytes as hexadecimal digits, for tags.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slot_is_that_of_the_tag_alone() {
        // CLUSTER KEYSLOT "foo" and "123456789" of a real server.
        assert_eq!(Key::new("p", "area", "foo", "").slot(), 12_182);
        assert_eq!(Key::new("q", "other", "foo", ":more").slot(), 12_182);
        assert_eq!(Key::new("p", "area", "123456789", "").slot(), 12_739);
        assert_eq!(Key::new("q", "other", "foo", ":more").as_str(), "q:other:{foo}:more");
    }
}

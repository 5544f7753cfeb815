//! Usernames: one spelling for each.

use crate::fault::Fault;
use std::fmt;
use std::str::FromStr;

/// A username: 3 to 100 of `a-z`, `0-9`, `_` and `-`; upper case is lowered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Username(String);

impl Username {
    /// Fewest characters.
    pub const MIN_CHARS: usize = 3;
    /// Most characters.
    pub const MAX_CHARS: usize = 100;

    /// Lower-cases and checks `raw`.
    ///
    /// # Errors
    /// `too_short`, `too_long` or `invalid_format`.
    pub fn parse(raw: &str) -> Result<Self, Fault> {
        let chars = raw.chars().count();
        if chars < Self::MIN_CHARS {
            return Err(Fault::new("too_short", "A username has at least 3 characters."));
        }
        if chars > Self::MAX_CHARS {
            return Err(Fault::new("too_long", "A username has at most 100 characters."));
        }
        if !raw.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
            return Err(Fault::new(
                "invalid_format",
                "A username is made of the letters a to z, digits, underscores and hyphens.",
            ));
        }
        Ok(Self(raw.to_ascii_lowercase()))
    }

    /// The username as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Username {
    type Err = Fault;

    fn from_str(raw: &str) -> Result<Self, Fault> {
        Self::parse(raw)
    }
}

#[cfg(test)]
mod tests {
    use super::Username;

    #[test]
    fn lowers_and_keeps_the_allowed_characters() {
        assert_eq!(Username::parse("Ada_Love-1ace").unwrap().as_str(), "ada_love-1ace");
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(Username::parse("ab").unwrap_err().code, "too_short");
        assert_eq!(Username::parse(&"a".repeat(101)).unwrap_err().code, "too_long");
        for raw in ["ada love", "ada@x", "ädalove", "ada\n123", " ada", "аda"] {
            assert_eq!(Username::parse(raw).unwrap_err().code, "invalid_format", "{raw:?}");
        }
    }
}

//! E-mail addresses: one spelling for each.

use crate::fault::Fault;
use std::fmt;
use std::str::FromStr;

/// The domain of held names; a domain under `.invalid` never exists (RFC 2606, 2).
const HELD_NAMES: &str = "held-name.invalid";

/// An e-mail address: trimmed, lower-cased, syntactically valid (RFC 5321), at most 254 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The longest address that fits an SMTP path (RFC 5321, 4.5.3.1.3), in characters.
    pub const MAX_CHARS: usize = 254;

    /// Trims, lower-cases and checks `raw`. The domain of held names is nobody's (see [`Self::is_held_name`]).
    ///
    /// # Errors
    /// `too_long` or `invalid_format`.
    pub fn parse(raw: &str) -> Result<Self, Fault> {
        let address = Self::parse_stored(raw)?;
        if address.is_held_name() { Err(Self::invalid()) } else { Ok(address) }
    }

    /// The address of an account as its store gives it back, which may be that of a held name.
    ///
    /// # Errors
    /// `too_long` or `invalid_format`.
    pub fn parse_stored(raw: &str) -> Result<Self, Fault> {
        let address = raw.trim().to_lowercase();
        if address.chars().count() > Self::MAX_CHARS {
            return Err(Fault::new("too_long", "An e-mail address has at most 254 characters."));
        }
        if address.chars().any(char::is_control) {
            return Err(Self::invalid());
        }
        let options = email_address::Options::default()
            .with_required_tld()
            .without_domain_literal()
            .without_display_text();
        email_address::EmailAddress::parse_with_options(&address, options).map_err(|_| Self::invalid())?;
        Ok(Self(address))
    }

    fn invalid() -> Fault {
        Fault::new("invalid_format", "This is not a valid e-mail address.")
    }

    /// The address of the held name with this digest.
    pub(super) fn held_name(digest: &[u8]) -> Self {
        let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{name}@{HELD_NAMES}"))
    }

    /// Whether this is the address of a held name: of a never-verified account that stands for the registration of an
    /// address that was taken. It receives no mail, and no request can name it.
    pub fn is_held_name(&self) -> bool {
        self.0.rsplit_once('@').is_some_and(|(_, domain)| domain == HELD_NAMES)
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address for a log: first character and domain, `a***@example.com`.
    pub fn masked(&self) -> String {
        let first: String = self.0.chars().take(1).collect();
        let domain = self.0.rsplit('@').next().unwrap_or_default();
        format!("{first}***@{domain}")
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for EmailAddress {
    type Err = Fault;

    fn from_str(raw: &str) -> Result<Self, Fault> {
        Self::parse(raw)
    }
}

#[cfg(test)]
mod tests {
    use super::EmailAddress;

    #[test]
    fn one_spelling_for_each_address() {
        assert_eq!(EmailAddress::parse("  Ada@Example.COM ").unwrap().as_str(), "ada@example.com");
    }

    #[test]
    fn refuses_what_is_no_address() {
        for raw in [
            "",
            " ",
            "ada",
            "ada@",
            "@example.com",
            "ada@example",
            "a b@example.com",
            "Ada <ada@example.com>",
            "ada@[127.0.0.1]",
            "ada@exa\u{0}mple.com",
            "ada@example.com\r\nBcc: x@example.com",
            "ada@@example.com",
        ] {
            assert_eq!(EmailAddress::parse(raw).unwrap_err().code, "invalid_format", "{raw:?}");
        }
    }

    #[test]
    fn nobody_can_name_a_held_name() {
        let held = EmailAddress::held_name(&[0xab; 32]);
        assert!(held.is_held_name());
        assert_eq!(EmailAddress::parse_stored(held.as_str()).unwrap(), held);
        for raw in [held.as_str(), "ada@held-name.invalid", " Ada@HELD-name.Invalid "] {
            assert_eq!(EmailAddress::parse(raw).unwrap_err().code, "invalid_format", "{raw:?}");
        }
        for raw in ["ada@a.held-name.invalid", "ada@held-name.invalid.com", "held-name.invalid@example.com"] {
            assert!(!EmailAddress::parse(raw).unwrap().is_held_name(), "{raw:?}");
        }
    }

    #[test]
    fn counts_the_length_in_characters() {
        let domain = ["d".repeat(62), "e".repeat(62), "f".repeat(59), "com".into()].join(".");
        let long = format!("{}@{domain}", "a".repeat(64));
        assert_eq!(long.len(), 254);
        assert!(EmailAddress::parse(&long).is_ok());
        assert_eq!(EmailAddress::parse(&format!("a{long}")).unwrap_err().code, "too_long");
    }

    #[test]
    fn masks_the_local_part() {
        assert_eq!(EmailAddress::parse("ada@example.com").unwrap().masked(), "a***@example.com");
    }
}

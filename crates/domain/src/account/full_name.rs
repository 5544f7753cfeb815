//! What a person is called.

use crate::fault::Fault;
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// A person's name: trimmed, NFC, 1 to 255 characters, no control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullName(String);

impl FullName {
    /// Most characters, after normalisation.
    pub const MAX_CHARS: usize = 255;

    /// Normalises and checks `raw`; a blank name is no name.
    ///
    /// # Errors
    /// `too_long` or `invalid_format`.
    pub fn parse(raw: &str) -> Result<Option<Self>, Fault> {
        let name: String = raw.trim().nfc().collect();
        if name.is_empty() {
            return Ok(None);
        }
        if name.chars().any(|c| c.is_control() || is_bidi_control(c)) {
            return Err(Fault::new("invalid_format", "A name has no control characters."));
        }
        if name.chars().count() > Self::MAX_CHARS {
            return Err(Fault::new("too_long", "A name has at most 255 characters."));
        }
        Ok(Some(Self(name)))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Characters that reorder the text around them (Unicode TR 36): a name could rewrite a page or a mail.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

impl fmt::Display for FullName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::FullName;

    #[test]
    fn normalises_and_trims() {
        let name = FullName::parse("  Zoe\u{308} ").unwrap().unwrap();
        assert_eq!(name.as_str(), "Zo\u{eb}");
    }

    #[test]
    fn blank_is_no_name() {
        assert_eq!(FullName::parse(" \t ").unwrap(), None);
    }

    #[test]
    fn says_what_is_wrong() {
        for raw in ["a\u{0}b", "a\r\nb", "a\u{202e}b"] {
            assert_eq!(FullName::parse(raw).unwrap_err().code, "invalid_format");
        }
        assert_eq!(FullName::parse(&"é".repeat(256)).unwrap_err().code, "too_long");
        assert!(FullName::parse(&"é".repeat(255)).unwrap().is_some());
    }
}

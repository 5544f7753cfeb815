//! What is looked for, in every way it may be written down, and where.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256, Sha512};

/// A secret, in all its spellings.
pub(crate) struct Needle {
    pub(crate) name: String,
    spellings: Vec<(&'static str, Vec<u8>)>,
}

impl Needle {
    pub(crate) fn new(name: &str, secret: impl Into<String>) -> Self {
        Self::of(name, secret.into().as_bytes())
    }

    /// A secret that is given in hexadecimal, or as it is when it is none.
    pub(crate) fn of_hex(name: &str, text: &str) -> Self {
        Self::of(name, &from_hex(text).unwrap_or_else(|| text.into()))
    }

    fn of(name: &str, secret: &[u8]) -> Self {
        assert!(secret.len() >= 12, "{name} is too short to be looked for");
        // In base64 the bytes before and after decide the first and last characters: three offsets, without the ends.
        let middle = |offset: usize, engine: &dyn Fn(&[u8]) -> String| {
            let text = engine(&[vec![0; offset], secret.to_vec()].concat());
            text[[0, 2, 3][offset]..text.len() - 2].to_owned().into_bytes()
        };
        let mut spellings = vec![
            ("as it is", secret.to_vec()),
            ("in JSON", json_inner(secret)),
            ("in a URL", percent(secret, false)),
            ("in a form", percent(secret, true)),
            ("in hexadecimal", hex(secret).into_bytes()),
            ("in capital hexadecimal", hex(secret).to_uppercase().into_bytes()),
            ("reversed", secret.iter().rev().copied().collect()),
        ];
        for offset in 0..3 {
            spellings.push(("in base64", middle(offset, &|bytes| STANDARD_NO_PAD.encode(bytes))));
            spellings.push(("in base64url", middle(offset, &|bytes| URL_SAFE_NO_PAD.encode(bytes))));
        }
        spellings.extend(digests(secret));
        Self { name: name.to_owned(), spellings }
    }
}

/// Hashes without a key, and how they are written.
pub(crate) fn digests(secret: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut all = Vec::new();
    for (name, digest) in [
        ("as SHA-256", Sha256::digest(secret).to_vec()),
        ("as SHA-512", Sha512::digest(secret).to_vec()),
        ("as doubled SHA-256", Sha256::digest(Sha256::digest(secret)).to_vec()),
    ] {
        all.push((name, STANDARD_NO_PAD.encode(&digest).into_bytes()));
        all.push((name, URL_SAFE_NO_PAD.encode(&digest).into_bytes()));
        all.push((name, hex(&digest).into_bytes()));
        all.push((name, digest));
    }
    all
}

/// Where is looked.
pub(crate) struct Place {
    pub(crate) name: String,
    /// A character for each byte, so that bytes that are no text can be looked for as well.
    text: String,
}

impl Place {
    pub(crate) fn text(name: &str, text: impl AsRef<str>) -> Self {
        Self { name: name.to_owned(), text: letters(text.as_ref().as_bytes()) }
    }

    /// Bytes, given in hexadecimal.
    pub(crate) fn hex(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), text: letters(&from_hex(text).unwrap()) }
    }

    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// How the needle is written here, if it is.
    pub(crate) fn finds(&self, needle: &Needle) -> Option<&'static str> {
        let is_here = |(_, bytes): &&(&str, Vec<u8>)| self.text.contains(&letters(bytes));
        needle.spellings.iter().find(is_here).map(|(how, _)| *how)
    }

    /// What is here, byte by byte.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect()
    }

    /// Whether these digits stand here by themselves, and are not a part of a second.
    pub(crate) fn has_word(&self, digits: &str) -> bool {
        self.text.match_indices(digits).any(|(at, _)| {
            let before = self.text[..at].chars().next_back();
            let after = self.text[at + digits.len()..].chars().next();
            !before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '.')
                && !after.is_some_and(|c| c.is_ascii_alphanumeric())
        })
    }
}

fn letters(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
    pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
}

fn json_inner(bytes: &[u8]) -> Vec<u8> {
    let text = serde_json::to_string(&String::from_utf8_lossy(bytes)).unwrap();
    text.as_bytes()[1..text.len() - 1].to_vec()
}

fn percent(bytes: &[u8], is_form: bool) -> Vec<u8> {
    let one = |byte: &u8| match byte {
        b' ' if is_form => "+".to_owned(),
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) => char::from(*byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    bytes.iter().map(one).collect::<String>().into_bytes()
}

#[test]
fn a_needle_is_found_in_every_spelling() {
    let secret = "a secret/of+the mine \u{e4}";
    let needle = Needle::new("the secret", secret);
    for (how, bytes) in &needle.spellings {
        let place = Place::hex(how, &hex(&[b"x", bytes.as_slice(), b"y"].concat()));
        assert!(place.finds(&needle).is_some(), "{how}");
    }
    for before in ["", "x", "xy"] {
        let text = STANDARD_NO_PAD.encode(format!("{before}{secret}tail"));
        assert!(Place::text("base64", text).finds(&needle).is_some(), "after {before:?}");
    }
    assert_eq!(Place::text("nothing", "another secret of another mine".repeat(9)).finds(&needle), None);
    let place = Place::text("words", "at 12:00:00.123456 the code 654321.");
    assert!(place.has_word("654321") && !place.has_word("123456") && !place.has_word("65432"));
}

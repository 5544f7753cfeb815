//! Forged access tokens of one more kind: a good one, cut, extended, swapped, damaged or written differently.

use super::forgery_corpus::Forger;
use super::forgery_signer::{decode, encode, with};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::json;

impl Forger {
    /// A good token cut, extended, swapped and written differently.
    pub(super) fn damaged(&self) -> Vec<String> {
        let token = &self.token;
        let parts: Vec<&str> = token.split('.').collect();
        let (header, claims, signature) = (parts[0], parts[1], parts[2]);
        let other: Vec<&str> = self.others.split('.').collect();
        let mut tokens: Vec<String> = (1..20).map(|n| token[..token.len() * n / 20].to_owned()).collect();
        tokens.extend((1..4).map(|n| token[..token.len() - n].to_owned()));
        let elevated = encode(with(&self.claims(), "role", json!("admin")).to_string());
        tokens.extend([
            format!("{header}.{claims}"),
            format!("{header}.{claims}."),
            format!("{header}..{signature}"),
            format!(".{claims}.{signature}"),
            format!("{claims}.{signature}"),
            format!("{claims}.{header}.{signature}"),
            format!("{header}.{elevated}.{signature}"),
            format!("{header}.{}.{signature}", other[1]),
            format!("{header}.{claims}.{}", other[2]),
            format!("{token}."),
            format!(".{token}"),
            format!("{token}.{signature}"),
            format!("{token}.."),
            format!("{token}A"),
            format!("{token}AAAA"),
            format!("{token}{token}"),
            format!("{token},{}", self.others),
            format!("{header} .{claims}.{signature}"),
            format!("{header}.{claims}. {signature}"),
            format!("{header}%2E{claims}%2E{signature}"),
            format!("{header}=.{claims}.{signature}"),
            format!("{header}.{claims}==.{signature}"),
            format!("{token}="),
            format!("{token}%3D"),
            format!("{token}\u{e9}"),
            format!("\"{token}\""),
            format!("<{token}>"),
            format!("{{\"token\":\"{token}\"}}"),
            json!({"protected": header, "payload": claims, "signature": signature}).to_string(),
            format!("{header}.AAAA.AAAA.{claims}.{signature}"),
            "null".into(),
            "undefined".into(),
            "{}".into(),
            ".".into(),
            "..".into(),
            "....".into(),
            "a.b.c".into(),
            "!.!.!".into(),
            format!("{token}{}", "A".repeat(20_000)),
            "A".repeat(60_000),
            format!("{}.{}.{}", "A".repeat(9_000), "B".repeat(9_000), "C".repeat(9_000)),
        ]);
        let bytes = decode(signature);
        tokens.push(format!("{header}.{claims}.{}", URL_SAFE.encode(&bytes)));
        tokens.push(format!("{header}.{claims}.{}", STANDARD.encode(&bytes)));
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        tokens.push(format!("{header}.{claims}.{hex}"));
        // The bits of the last character that stand for nothing.
        tokens.extend(respelled(signature).into_iter().map(|text| format!("{header}.{claims}.{text}")));
        tokens
    }

    /// A bit at a time, all over the token.
    pub(super) fn flipped(&self) -> Vec<String> {
        let mut tokens = Vec::new();
        for position in (0..self.token.len()).step_by(self.token.len() / 60) {
            let mut bytes = self.token.clone().into_bytes();
            bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
            tokens.push(String::from_utf8(bytes).unwrap());
        }
        tokens
    }
}

/// Other spellings of the same bytes: base64url without padding has spare bits in its last character.
pub(crate) fn respelled(text: &str) -> Vec<String> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let spare = match text.len() % 4 {
        2 => 16,
        3 => 4,
        _ => return Vec::new(),
    };
    let (head, last) = text.split_at(text.len() - 1);
    let index = ALPHABET.find(last).unwrap();
    let others = (index..).take(spare).skip(1).filter_map(|index| ALPHABET.get(index..=index));
    others.map(|last| format!("{head}{last}")).collect()
}

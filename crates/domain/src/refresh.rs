//! Refresh tokens: `<sid>.<generation>.<mac>`, made from the session and never stored.
//!
//! The chain (RFC 9700, 4.14.2): the current token is answered with its successor; the one before it with the *same*
//! successor, as long as that may be a lost answer or a second tab; anything older is theft and ends the session.

use crate::Timestamp;
use crate::session::{Generation, Seed, Session, Sid};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// For so long after a rotation the token before it is answered with the same successor, seen in use or not.
pub const GRACE: TimeDelta = TimeDelta::seconds(10);

/// A refresh token for its owner; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken(String);

impl RefreshToken {
    /// The token, for its owner.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(..)")
    }
}

/// A refresh token that somebody presented: well-formed, not proven.
#[derive(Clone)]
pub struct PresentedToken {
    /// The session that it names.
    pub sid: Sid,
    /// The generation that it claims to be.
    pub generation: Generation,
    mac: [u8; 32],
}

impl PresentedToken {
    /// Takes `text` apart; `None` when it is none of ours. Each token has exactly one spelling.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (sid, generation, mac) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let number: i64 = generation.parse().ok()?;
        if number < 0 || number.to_string() != generation {
            return None;
        }
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?.try_into().ok()?;
        Some(Self { sid: Sid::parse(sid)?, generation: Generation(number), mac })
    }
}

/// The server's key for refresh tokens; with a session's seed it makes and proves them.
///
/// The MAC of a token is HMAC-SHA256 of the seed, under a key of that token's own: HMAC-SHA256 of sid and generation under
/// the server's key. So a store, which has the seed, can be asked whether it proves one token without being told what
/// would make another ([`TokenProof`]).
#[derive(Clone)]
pub struct RefreshKey([u8; 32]);

impl RefreshKey {
    /// Takes over a derived key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The token of `generation`: the same bytes each time.
    pub fn token(&self, sid: &Sid, seed: &Seed, generation: Generation) -> RefreshToken {
        let mac = hmac(&self.key_of(sid, generation), &[seed.expose()]);
        RefreshToken(format!("{sid}.{}.{}", generation.0, URL_SAFE_NO_PAD.encode(mac)))
    }

    /// What tells somebody who has the seed of the session whether we made `presented`.
    pub fn proof(&self, presented: &PresentedToken) -> TokenProof {
        let key = self.key_of(&presented.sid, presented.generation);
        let padded = |with: u8| {
            let mut block = [with; BLOCK];
            block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
            block
        };
        TokenProof {
            generation: presented.generation,
            inner: padded(0x36),
            outer: padded(0x5c),
            digest: Sha256::digest(presented.mac).into(),
        }
    }

    fn key_of(&self, sid: &Sid, generation: Generation) -> [u8; 32] {
        hmac(&self.0, &[sid.as_str().as_bytes(), &generation.0.to_be_bytes()])
    }
}

fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mac) => mac,
        Err(never) => unreachable!("HMAC takes keys of any length: {never}"),
    };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// What SHA-256 works on at a time, in bytes: the length of a key of HMAC (RFC 2104).
const BLOCK: usize = 64;

/// Whether a token is genuine, put as a question to whoever has the seed of its session: it is, if
/// `sha256(sha256(outer + sha256(inner + seed))) == digest`. That is the MAC of RFC 2104 with its key spread over two blocks,
/// and SHA-256 once more, so that the time of a comparison tells nothing of the MAC. It tells of this one token; never
/// printed.
#[derive(Clone)]
pub struct TokenProof {
    /// The generation that the token claims to be, and is if it is genuine.
    pub generation: Generation,
    inner: [u8; BLOCK],
    outer: [u8; BLOCK],
    digest: [u8; 32],
}

impl TokenProof {
    /// Whether the token was made for the session with this seed.
    pub fn holds(&self, seed: &Seed) -> bool {
        let inner = Sha256::new().chain_update(self.inner).chain_update(seed.expose()).finalize();
        let mac = Sha256::new().chain_update(self.outer).chain_update(inner).finalize();
        let digest: [u8; 32] = Sha256::digest(mac).into();
        digest.ct_eq(&self.digest).into()
    }

    /// `inner`, `outer` and `digest`, for a store that answers the question itself.
    pub fn expose(&self) -> (&[u8], &[u8], &[u8]) {
        (&self.inner, &self.outer, &self.digest)
    }
}

impl fmt::Debug for TokenProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenProof({}, ..)", self.generation.0)
    }
}

/// What a proven token means for a session that did not rotate by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is current: rotate.
    Rotate,
    /// The answer was lost, or there are two tabs: give the current token again.
    Repeat,
    /// Somebody presents a spent token: end the session.
    Theft,
    /// Newer than anything we gave out: the store lost something; refuse, end nothing.
    Unknown,
}

/// Judges a proven token against the session as it is.
pub fn judge(session: &Session, presented: Generation, now: Timestamp) -> Verdict {
    if presented == session.generation {
        return Verdict::Rotate;
    }
    if presented > session.generation {
        return Verdict::Unknown;
    }
    let seen = session.seen_generation.is_some_and(|seen| seen >= session.generation);
    let recent = session.rotated_at.is_some_and(|at| now - at <= GRACE);
    if presented.next() == session.generation && (!seen || recent) { Verdict::Repeat } else { Verdict::Theft }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> RefreshKey {
        RefreshKey::new([7; 32])
    }

    fn sid() -> Sid {
        Sid::parse("AAAAAAAAAAAAAAAAAAAAAA").unwrap()
    }

    #[test]
    fn a_token_is_the_same_each_time_and_proves_itself() {
        let seed = Seed::from_bytes([1; 32]);
        let token = key().token(&sid(), &seed, Generation(3));
        assert_eq!(token, key().token(&sid(), &seed, Generation(3)));
        let presented = PresentedToken::parse(token.expose()).unwrap();
        assert_eq!((presented.sid.clone(), presented.generation), (sid(), Generation(3)));
        assert!(key().proof(&presented).holds(&seed));
        assert_eq!(format!("{:?}", key().proof(&presented)), "TokenProof(3, ..)");
        assert!(!key().proof(&presented).holds(&Seed::from_bytes([2; 32])));
        assert!(!RefreshKey::new([8; 32]).proof(&presented).holds(&seed));
        for other in [
            PresentedToken { generation: Generation(4), ..presented.clone() },
            PresentedToken { sid: Sid::parse("BAAAAAAAAAAAAAAAAAAAAA").unwrap(), ..presented.clone() },
            PresentedToken { mac: [0; 32], ..presented },
        ] {
            assert!(!key().proof(&other).holds(&seed));
        }
    }

    /// Computed with another implementation: `hmac.new(hmac.new(b"\x07" * 32, sid + generation, "sha256").digest(), seed, "sha256")`.
    #[test]
    fn a_token_is_what_it_always_was() {
        let token = key().token(&sid(), &Seed::from_bytes([1; 32]), Generation(3));
        assert_eq!(token.expose(), "AAAAAAAAAAAAAAAAAAAAAA.3.Y87z8x4ZhwEhQI-PaHTE361gEtl-mL_js0BZy9aXdUs");
    }

    #[test]
    fn a_token_has_one_spelling() {
        let token = key().token(&sid(), &Seed::from_bytes([1; 32]), Generation(3)).expose().to_owned();
        let (head, mac) = token.rsplit_once('.').unwrap();
        let mut flipped = mac.to_owned();
        flipped.pop();
        for text in [
            String::new(),
            "a.b.c".into(),
            format!("{token}."),
            format!("{token}="),
            format!(" {token}"),
            head.replace(".3", ".03") + "." + mac,
            head.replace(".3", ".+3") + "." + mac,
            head.replace(".3", ".-3") + "." + mac,
            head.replace(".3", ".9223372036854775808") + "." + mac,
            format!("{head}.{flipped}"),
        ] {
            assert!(PresentedToken::parse(&text).is_none(), "{text:?}");
        }
    }
}

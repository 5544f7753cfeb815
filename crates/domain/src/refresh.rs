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
use sha2::Sha256;
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
#[derive(Clone)]
pub struct RefreshKey([u8; 32]);

impl RefreshKey {
    /// Takes over a derived key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The token of `generation`: the same bytes each time.
    pub fn token(&self, sid: &Sid, seed: &Seed, generation: Generation) -> RefreshToken {
        let mac = URL_SAFE_NO_PAD.encode(self.mac(seed, generation));
        RefreshToken(format!("{sid}.{}.{mac}", generation.0))
    }

    /// Whether we made `presented` for the session with this seed; in constant time.
    pub fn proves(&self, presented: &PresentedToken, seed: &Seed) -> bool {
        self.mac(seed, presented.generation).ct_eq(&presented.mac).into()
    }

    fn mac(&self, seed: &Seed, generation: Generation) -> [u8; 32] {
        let mut mac = match Hmac::<Sha256>::new_from_slice(&self.0) {
            Ok(mac) => mac,
            Err(never) => unreachable!("HMAC takes keys of any length: {never}"),
        };
        mac.update(seed.expose());
        mac.update(&generation.0.to_be_bytes());
        mac.finalize().into_bytes().into()
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
        assert!(key().proves(&presented, &seed));
        assert!(!key().proves(&presented, &Seed::from_bytes([2; 32])));
        assert!(!RefreshKey::new([8; 32]).proves(&presented, &seed));
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

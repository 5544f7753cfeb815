//! Sessions: one sign-in on one device.

use crate::Timestamp;
use crate::account::{User, UserId};
use crate::client::{Client, UserAgent};
use crate::error::StoreError;
use crate::ports::Entropy;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt;
use std::net::IpAddr;

/// Names a session in the API; positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub i64);

/// Names a session in tokens: 128 random bits as 22 characters of base64url. No secret, but not to be guessed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sid(String);

impl Sid {
    /// A fresh one.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, StoreError> {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Takes `text` when it has the shape of one.
    pub fn parse(text: &str) -> Option<Self> {
        let shaped =
            text.len() == 22 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        shaped.then(|| Self(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Per-session randomness from which its refresh tokens are made; never printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seed([u8; 32]);

impl Seed {
    /// A fresh one.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, StoreError> {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// Takes one over from storage.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for storage and for the chain.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

/// How often a session's refresh token was rotated: 0 for the one that login gave, then 1, 2, …
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub i64);

impl Generation {
    /// The one that login gives.
    pub const FIRST: Self = Self(0);

    /// The successor.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// One sign-in on one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Names it in the API.
    pub id: SessionId,
    /// Names it in tokens.
    pub sid: Sid,
    /// Whose it is.
    pub user_id: UserId,
    /// What its refresh tokens are made from.
    pub seed: Seed,
    /// The refresh token that is current.
    pub generation: Generation,
    /// The latest generation whose access token was used; `None` before the first use.
    pub seen_generation: Option<Generation>,
    /// When the current generation was made, if not by login.
    pub rotated_at: Option<Timestamp>,
    /// `false` once it was revoked.
    pub is_active: bool,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it ends by itself; rotation never moves it.
    pub expires_at: Timestamp,
    /// When it was last used, to about a minute.
    pub last_accessed: Timestamp,
    /// Where it was opened from.
    pub ip_address: Option<IpAddr>,
    /// What it was opened with.
    pub user_agent: Option<UserAgent>,
    /// Where it was last used from, other than where it was opened, if it ever was.
    pub last_ip_address: Option<IpAddr>,
    /// What it was used with there.
    pub last_user_agent: Option<UserAgent>,
}

impl Session {
    /// Whether it still admits its owner; `idle_limit` ends one that nobody used for so long.
    pub fn is_live(&self, now: Timestamp, idle_limit: Option<chrono::TimeDelta>) -> bool {
        let idle = idle_limit.is_some_and(|limit| now - self.last_accessed > limit);
        !self.has_ended(now) && !idle
    }

    /// Whether it was revoked or has expired. That is for good, so it is true of whatever was found, however old.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        !self.is_active || self.expires_at <= now
    }

    /// Notes a use; nothing goes back. The rule that every adapter applies.
    pub fn note(&mut self, touch: &Touch) {
        self.seen_generation = self.seen_generation.max(Some(touch.seen_generation));
        if touch.at >= self.last_accessed {
            self.last_accessed = touch.at;
            self.last_ip_address = touch.ip_address;
            self.last_user_agent = touch.user_agent.clone();
        }
    }
}

/// A session with its owner as both are now: what a request is judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSession {
    /// The session.
    pub session: Session,
    /// Its owner.
    pub user: User,
}

/// A session to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Names it in tokens.
    pub sid: Sid,
    /// Whose it is.
    pub user_id: UserId,
    /// What its refresh tokens are made from.
    pub seed: Seed,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// Where it is opened from.
    pub ip_address: Option<IpAddr>,
    /// What it is opened with.
    pub user_agent: Option<UserAgent>,
    /// Now; becomes `created_at`, `last_accessed` and the owner's `last_login`.
    pub at: Timestamp,
}

/// What the use of an access token leaves behind on its session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// The session.
    pub sid: Sid,
    /// The generation whose access token was used.
    pub seen_generation: Generation,
    /// Becomes its `last_ip_address`.
    pub ip_address: Option<IpAddr>,
    /// Becomes its `last_user_agent`.
    pub user_agent: Option<UserAgent>,
    /// When.
    pub at: Timestamp,
}

impl Touch {
    /// The use of `session` by `client` with an access token of `generation`. A use from where it was opened leaves
    /// the place of the last use elsewhere, so that going back and forth between two places is one move.
    pub fn of(session: &Session, generation: Generation, client: &Client, at: Timestamp) -> Self {
        let elsewhere = client.difference(session.ip_address, session.user_agent.as_ref()).is_any();
        let (ip_address, user_agent) = if elsewhere {
            (Some(client.address), client.user_agent.clone())
        } else {
            (session.last_ip_address, session.last_user_agent.clone())
        };
        Self { sid: session.sid.clone(), seen_generation: generation, ip_address, user_agent, at }
    }
}

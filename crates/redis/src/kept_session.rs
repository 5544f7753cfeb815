//! A session with its owner as it is kept: read back it is the same, or nothing.

use chrono::DateTime;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::{EmailAddress, FullName, Role, User, UserId, Username};
use evently_auth_domain::client::UserAgent;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::session::{Generation, LiveSession, Seed, Session, SessionId, Sid};
use evently_auth_domain::session_seal::SessionSealKey;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Bytes of a seal.
const SEAL: usize = 32;

/// `live:<account>:<seal><session>`.
pub(crate) fn write(seals: &SessionSealKey, live: &LiveSession) -> Result<Vec<u8>, StoreError> {
    let kept = serde_json::to_vec(&KeptSession::from(live)).map_err(StoreError::corrupt)?;
    let seal = seals.seal(&live.session.sid, &kept);
    Ok([format!("live:{}:", live.user.id).as_bytes(), &seal, &kept].concat())
}

/// Reads it back; nothing when we did not write it for this session.
pub(crate) fn read(seals: &SessionSealKey, sid: &Sid, bytes: &[u8]) -> Option<LiveSession> {
    let rest = bytes.strip_prefix(b"live:")?;
    let colon = rest.iter().position(|byte| *byte == b':')?;
    let (owner, rest) = (rest.get(..colon)?, rest.get(colon + 1..)?);
    let (seal, kept) = rest.split_at_checked(SEAL)?;
    if !seals.proves(sid, kept, seal) {
        return None;
    }
    let live = serde_json::from_slice::<KeptSession>(kept).ok()?.into_live()?;
    let named = std::str::from_utf8(owner).ok()?.parse().ok().map(UserId);
    (live.session.sid == *sid && named == Some(live.user.id)).then_some(live)
}

/// Times are microseconds since 1970.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptSession {
    id: i64,
    sid: String,
    seed: [u8; 32],
    generation: i64,
    seen_generation: Option<i64>,
    rotated_at: Option<i64>,
    is_active: bool,
    created_at: i64,
    expires_at: i64,
    last_accessed: i64,
    ip_address: Option<IpAddr>,
    user_agent: Option<String>,
    last_ip_address: Option<IpAddr>,
    last_user_agent: Option<String>,
    user: KeptUser,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptUser {
    id: i64,
    email: String,
    username: String,
    full_name: Option<String>,
    is_active: bool,
    is_verified: bool,
    role: String,
    created_at: i64,
    updated_at: i64,
    last_login: Option<i64>,
    pending_email: Option<String>,
    claim_expires_at: Option<i64>,
}

fn micros(time: Timestamp) -> i64 {
    time.timestamp_micros()
}

fn agent(agent: Option<&UserAgent>) -> Option<String> {
    agent.map(|agent| agent.as_str().to_owned())
}

impl From<&LiveSession> for KeptSession {
    fn from(live: &LiveSession) -> Self {
        let LiveSession { session, user } = live;
        Self {
            id: session.id.0,
            sid: session.sid.as_str().to_owned(),
            seed: *session.seed.expose(),
            generation: session.generation.0,
            seen_generation: session.seen_generation.map(|seen| seen.0),
            rotated_at: session.rotated_at.map(micros),
            is_active: session.is_active,
            created_at: micros(session.created_at),
            expires_at: micros(session.expires_at),
            last_accessed: micros(session.last_accessed),
            ip_address: session.ip_address,
            user_agent: agent(session.user_agent.as_ref()),
            last_ip_address: session.last_ip_address,
            last_user_agent: agent(session.last_user_agent.as_ref()),
            user: KeptUser::from(user),
        }
    }
}

impl From<&User> for KeptUser {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.0,
            email: user.email.as_str().to_owned(),
            username: user.username.as_str().to_owned(),
            full_name: user.full_name.as_ref().map(|name| name.as_str().to_owned()),
            is_active: user.is_active,
            is_verified: user.is_verified,
            role: user.role.as_str().to_owned(),
            created_at: micros(user.created_at),
            updated_at: micros(user.updated_at),
            last_login: user.last_login.map(micros),
            pending_email: user.pending_email.as_ref().map(|email| email.as_str().to_owned()),
            claim_expires_at: user.claim_expires_at.map(micros),
        }
    }
}

/// Reads what may be absent; what is there but cannot be read makes all of it nothing.
fn optional<K, T>(kept: Option<K>, read: impl FnOnce(K) -> Option<T>) -> Option<Option<T>> {
    match kept {
        Some(kept) => read(kept).map(Some),
        None => Some(None),
    }
}

impl KeptSession {
    fn into_live(self) -> Option<LiveSession> {
        let time = DateTime::from_timestamp_micros;
        let agent = |text: String| UserAgent::parse(&text);
        let user = self.user.into_user()?;
        let session = Session {
            id: SessionId(self.id),
            sid: Sid::parse(&self.sid)?,
            user_id: user.id,
            seed: Seed::from_bytes(self.seed),
            generation: Generation(self.generation),
            seen_generation: self.seen_generation.map(Generation),
            rotated_at: optional(self.rotated_at, time)?,
            is_active: self.is_active,
            created_at: time(self.created_at)?,
            expires_at: time(self.expires_at)?,
            last_accessed: time(self.last_accessed)?,
            ip_address: self.ip_address,
            user_agent: optional(self.user_agent, agent)?,
            last_ip_address: self.last_ip_address,
            last_user_agent: optional(self.last_user_agent, agent)?,
        };
        Some(LiveSession { session, user })
    }
}

impl KeptUser {
    fn into_user(self) -> Option<User> {
        let time = DateTime::from_timestamp_micros;
        Some(User {
            id: UserId(self.id),
            email: EmailAddress::parse(&self.email).ok()?,
            username: Username::parse(&self.username).ok()?,
            full_name: optional(self.full_name, |name| FullName::parse(&name).ok().flatten())?,
            is_active: self.is_active,
            is_verified: self.is_verified,
            role: self.role.parse::<Role>().ok()?,
            created_at: time(self.created_at)?,
            updated_at: time(self.updated_at)?,
            last_login: optional(self.last_login, time)?,
            pending_email: optional(self.pending_email, |email| EmailAddress::parse(&email).ok())?,
            claim_expires_at: optional(self.claim_expires_at, time)?,
        })
    }
}

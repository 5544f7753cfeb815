//! `AccessTokens` without JWT: for tests alone.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use evently_auth_domain::Timestamp;
use evently_auth_domain::access::{AccessClaims, AccessToken};
use evently_auth_domain::account::{EmailAddress, UserId, Username};
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{AccessTokens, InvalidAccessToken};
use evently_auth_domain::session::{Generation, Sid};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// `memory.<claims>.<HMAC-SHA256>`, both parts in base64url; no leeway.
#[derive(Clone)]
pub struct MemoryAccessTokens([u8; 32]);

impl MemoryAccessTokens {
    /// A key set of one key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    fn mac(&self, head: &str) -> Result<Hmac<Sha256>, StoreError> {
        Ok(Hmac::<Sha256>::new_from_slice(&self.0).map_err(StoreError::corrupt)?.chain_update(head))
    }
}

/// The claims as they are written: times in whole seconds, as JWT has them.
#[derive(Serialize, Deserialize)]
struct Claims {
    user_id: i64,
    email: String,
    username: String,
    role: String,
    sid: String,
    generation: i64,
    token_id: String,
    issued_at: i64,
    expires_at: i64,
}

impl From<&AccessClaims> for Claims {
    fn from(claims: &AccessClaims) -> Self {
        Self {
            user_id: claims.user_id.0,
            email: claims.email.to_string(),
            username: claims.username.to_string(),
            role: claims.role.to_string(),
            sid: claims.sid.to_string(),
            generation: claims.generation.0,
            token_id: claims.token_id.clone(),
            issued_at: claims.issued_at.timestamp(),
            expires_at: claims.expires_at.timestamp(),
        }
    }
}

impl Claims {
    fn into_domain(self) -> Option<AccessClaims> {
        Some(AccessClaims {
            user_id: UserId(self.user_id),
            email: EmailAddress::parse(&self.email).ok()?,
            username: Username::parse(&self.username).ok()?,
            role: self.role.parse().ok()?,
            sid: Sid::parse(&self.sid)?,
            generation: Generation(self.generation),
            token_id: self.token_id,
            issued_at: DateTime::from_timestamp(self.issued_at, 0)?,
            expires_at: DateTime::from_timestamp(self.expires_at, 0)?,
        })
    }
}

impl AccessTokens for MemoryAccessTokens {
    fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, StoreError> {
        let claims = serde_json::to_vec(&Claims::from(claims)).map_err(StoreError::corrupt)?;
        let head = format!("memory.{}", URL_SAFE_NO_PAD.encode(claims));
        let mac = self.mac(&head)?.finalize().into_bytes();
        Ok(AccessToken::new(format!("{head}.{}", URL_SAFE_NO_PAD.encode(mac))))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, InvalidAccessToken> {
        let verified = || {
            let (head, mac) = token.rsplit_once('.')?;
            self.mac(head).ok()?.verify_slice(&URL_SAFE_NO_PAD.decode(mac).ok()?).ok()?;
            let claims = URL_SAFE_NO_PAD.decode(head.strip_prefix("memory.")?).ok()?;
            serde_json::from_slice::<Claims>(&claims).ok()?.into_domain()
        };
        verified().filter(|claims| claims.expires_at > now).ok_or(InvalidAccessToken)
    }
}

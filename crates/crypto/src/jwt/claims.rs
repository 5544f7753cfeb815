//! What stands in a token: in the header three members and no others, and all claims.

use chrono::DateTime;
use evently_auth_domain::Timestamp;
use evently_auth_domain::access::AccessClaims;
use evently_auth_domain::account::{EmailAddress, UserId, Username};
use evently_auth_domain::session::{Generation, Sid};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

const ACCESS: &str = "access";

/// The header as we write it. Whatever else it has asks for something that we do not do (RFC 7515, 4.1.11), or offers a
/// key that we do not want; also an empty `crit`, which the library lets pass.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    /// The library takes some algorithms under other names as well.
    pub(super) alg: String,
    #[expect(dead_code, reason = "the library compares it")]
    kid: IgnoredAny,
    #[expect(dead_code, reason = "the library compares it")]
    typ: IgnoredAny,
}

/// The payload of an access token. A missing member, one of another type, or one that is there twice makes it none.
#[derive(Serialize, Deserialize)]
pub(super) struct Payload {
    pub(super) iss: String,
    sub: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) aud: Option<String>,
    user_id: i64,
    email: String,
    username: String,
    role: String,
    r#type: String,
    sid: String,
    r#gen: i64,
    jti: String,
    iat: i64,
    exp: i64,
}

impl Payload {
    pub(super) fn new(claims: &AccessClaims, issuer: &str, audience: Option<&str>) -> Self {
        Self {
            iss: issuer.to_owned(),
            sub: claims.user_id.to_string(),
            aud: audience.map(str::to_owned),
            user_id: claims.user_id.0,
            email: claims.email.as_str().to_owned(),
            username: claims.username.as_str().to_owned(),
            role: claims.role.as_str().to_owned(),
            r#type: ACCESS.to_owned(),
            sid: claims.sid.as_str().to_owned(),
            r#gen: claims.generation.0,
            jti: claims.token_id.clone(),
            iat: claims.issued_at.timestamp(),
            exp: claims.expires_at.timestamp(),
        }
    }

    /// The claims, if each is one that we make.
    pub(super) fn into_claims(self) -> Option<AccessClaims> {
        let is_ours = self.r#type == ACCESS && self.sub == self.user_id.to_string();
        if !is_ours {
            return None;
        }
        Some(AccessClaims {
            user_id: UserId(self.user_id),
            email: EmailAddress::parse(&self.email).ok()?,
            username: Username::parse(&self.username).ok()?,
            role: self.role.parse().ok()?,
            sid: Sid::parse(&self.sid)?,
            generation: Generation(self.r#gen),
            token_id: self.jti,
            issued_at: seconds(self.iat)?,
            expires_at: seconds(self.exp)?,
        })
    }
}

fn seconds(since_1970: i64) -> Option<Timestamp> {
    DateTime::from_timestamp_secs(since_1970)
}

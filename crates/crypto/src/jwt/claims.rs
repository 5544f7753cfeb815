//! What stands in a token: in the header three members and no others, and all claims.

use chrono::DateTime;
use evently_auth_domain::Timestamp;
use evently_auth_domain::access::AccessClaims;
use evently_auth_domain::account::{EmailAddress, UserId, Username};
use evently_auth_domain::session::{Generation, Sid};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

const ACCESS: &str = "access";

/// The header as we write it. Whatever else it has asks for something that we do not do (RFC 7515, 4.1.11), or offers a
/// key that we do not want; also an empty `crit`, which the library lets pass.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header<'a> {
    /// The library takes some algorithms under other names as well.
    pub(super) alg: &'a str,
    pub(super) kid: &'a str,
    pub(super) typ: &'a str,
}

/// The payload of an access token. A missing member, one of another type, or one that is there twice makes it none.
#[derive(Serialize, Deserialize)]
pub(super) struct Payload<'a> {
    #[serde(borrow)]
    pub(super) iss: Cow<'a, str>,
    #[serde(borrow)]
    sub: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) aud: Option<Cow<'a, str>>,
    user_id: i64,
    #[serde(borrow)]
    email: Cow<'a, str>,
    #[serde(borrow)]
    username: Cow<'a, str>,
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    #[serde(borrow)]
    sid: Cow<'a, str>,
    r#gen: i64,
    #[serde(borrow)]
    jti: Cow<'a, str>,
    iat: i64,
    exp: i64,
    /// We write none, and believe none that begins later.
    #[serde(default, skip_serializing)]
    nbf: Option<IgnoredAny>,
}

impl<'a> Payload<'a> {
    pub(super) fn new(claims: &'a AccessClaims, issuer: &'a str, audience: Option<&'a str>) -> Self {
        Self {
            iss: issuer.into(),
            sub: claims.user_id.to_string().into(),
            aud: audience.map(Cow::Borrowed),
            user_id: claims.user_id.0,
            email: claims.email.as_str().into(),
            username: claims.username.as_str().into(),
            role: claims.role.as_str().into(),
            r#type: ACCESS.into(),
            sid: claims.sid.as_str().into(),
            r#gen: claims.generation.0,
            jti: claims.token_id.as_str().into(),
            iat: claims.issued_at.timestamp(),
            exp: claims.expires_at.timestamp(),
            nbf: None,
        }
    }

    /// The claims, if each is one that we make.
    pub(super) fn into_claims(self) -> Option<AccessClaims> {
        let is_ours = self.r#type == ACCESS && self.nbf.is_none() && self.sub == self.user_id.to_string();
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
            token_id: self.jti.into_owned(),
            issued_at: seconds(self.iat)?,
            expires_at: seconds(self.exp)?,
        })
    }
}

/// We made none before 1970.
fn seconds(since_1970: i64) -> Option<Timestamp> {
    DateTime::from_timestamp_secs(since_1970).filter(|_| since_1970 >= 0)
}

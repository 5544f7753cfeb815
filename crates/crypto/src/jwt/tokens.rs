//! Issues and verifies access tokens.

use super::claims::{Header, Payload};
use super::key::{JwtKey, LEEWAY_SECONDS};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use evently_auth_domain::Timestamp;
use evently_auth_domain::access::{AccessClaims, AccessToken};
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{AccessTokens, InvalidAccessToken};
use jwt_simple::prelude::UnixTimeStamp;

/// Longer tokens are not looked at: the longest of ours, with the longest address and an RSA signature, fits well.
const MAX_BYTES: usize = 4096;

/// Access tokens signed with one [`JwtKey`].
///
/// A token is valid when this key signed it, its header names this key, its algorithm and the type `at+jwt` and
/// nothing else, its payload has all claims of an access token, the issuer is ours, the audience is ours (none, if we
/// have none: a token for somebody in particular is not for us), it was issued no more than 30 s ahead, and it has not
/// expired. There is no leeway at the end: siblings give none either.
pub struct JwtAccessTokens {
    key: JwtKey,
    issuer: String,
    audience: Option<String>,
}

impl JwtAccessTokens {
    /// Tokens of `issuer` (`JWT_ISSUER`), for `audience` if there is one (`JWT_AUDIENCE`).
    pub fn new(key: JwtKey, issuer: impl Into<String>, audience: Option<String>) -> Self {
        Self { key, issuer: issuer.into(), audience }
    }

    fn check(&self, token: &str, now: Timestamp) -> Option<AccessClaims> {
        if token.len() > MAX_BYTES
            || !self.key.verifies(token, UnixTimeStamp::from_secs(u64::try_from(now.timestamp()).ok()?))
        {
            return None;
        }
        // All that it says is read here, for a library's reading of claims is lenient (no `exp` is fine, fractions are cut).
        let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part));
        let (header, payload) = (parts.next()?.ok()?, parts.next()?.ok()?);
        let header: Header<'_> = serde_json::from_slice(&header).ok()?;
        let payload: Payload<'_> = serde_json::from_slice(&payload).ok()?;
        if header != self.key.header()
            || payload.iss != self.issuer
            || payload.aud.as_deref() != self.audience.as_deref()
        {
            return None;
        }
        let claims = payload.into_claims()?;
        let is_current =
            claims.issued_at <= now + TimeDelta::seconds(LEEWAY_SECONDS) && now < claims.expires_at;
        is_current.then_some(claims)
    }
}

impl AccessTokens for JwtAccessTokens {
    fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, StoreError> {
        let payload = Payload::new(claims, &self.issuer, self.audience.as_deref());
        let token = self.key.sign(&payload).map_err(|error| StoreError::corrupt(error.to_string()))?;
        if token.len() > MAX_BYTES {
            return Err(StoreError::corrupt("an access token is too long to be verified"));
        }
        Ok(AccessToken::new(token))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, InvalidAccessToken> {
        self.check(token, now).ok_or(InvalidAccessToken)
    }
}

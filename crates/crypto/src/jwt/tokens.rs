//! Issues and verifies access tokens.

use super::claims::{Header, Payload};
use super::key::JwtKey;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use evently_auth_domain::Timestamp;
use evently_auth_domain::access::{AccessClaims, AccessToken};
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{AccessTokens, InvalidAccessToken};
use jwt_simple::prelude::{Duration, HeaderOptions, JWTClaims, UnixTimeStamp, VerificationOptions};

/// The type of an access token (RFC 9068, 2.1); siblings' other tokens have another.
const TYPE: &str = "at+jwt";
/// Longer tokens are not looked at: the longest of ours, with the longest address and an RSA signature, fits well.
const MAX_BYTES: usize = 4096;
/// How far ahead the clock of another instance may be.
const LEEWAY_SECONDS: i64 = 30;

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
        let options = VerificationOptions {
            required_key_id: Some(self.key.id().to_owned()),
            required_signature_type: Some(TYPE.to_owned()),
            time_tolerance: Some(Duration::from_secs(LEEWAY_SECONDS.unsigned_abs())),
            max_token_length: Some(MAX_BYTES),
            artificial_time: Some(UnixTimeStamp::from_secs(u64::try_from(now.timestamp()).ok()?)),
            ..VerificationOptions::default()
        };
        self.key.verify(token, options).ok()?;
        // The library's reading of claims is lenient (no `exp` is fine, fractions are cut), so we read them again.
        let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part));
        let header: Header = serde_json::from_slice(&parts.next()?.ok()?).ok()?;
        let payload: Payload = serde_json::from_slice(&parts.next()?.ok()?).ok()?;
        if header.alg != self.key.algorithm().as_str()
            || payload.iss != self.issuer
            || payload.aud != self.audience
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
        let header = HeaderOptions { signature_type: Some(TYPE.to_owned()), content_type: None };
        let token =
            self.key.sign(only(payload), &header).map_err(|error| StoreError::corrupt(error.to_string()))?;
        if token.len() > MAX_BYTES {
            return Err(StoreError::corrupt("an access token is too long to be verified"));
        }
        Ok(AccessToken::new(token))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, InvalidAccessToken> {
        self.check(token, now).ok_or(InvalidAccessToken)
    }
}

/// Claims of ours and none of the library's: it would add `nbf`, and read a clock of its own.
fn only<T>(payload: T) -> JWTClaims<T> {
    JWTClaims {
        issued_at: None,
        expires_at: None,
        invalid_before: None,
        issuer: None,
        subject: None,
        audiences: None,
        jwt_id: None,
        nonce: None,
        custom: payload,
    }
}

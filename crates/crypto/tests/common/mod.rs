//! Keys and claims for the tests of access tokens. The keys were made for these tests and are used nowhere else.
#![allow(dead_code, reason = "no test uses all of it")]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use evently_auth_crypto::{JwtAccessTokens, JwtAlgorithm, JwtKey};
use evently_auth_domain::Timestamp;
use evently_auth_domain::access::AccessClaims;
use evently_auth_domain::account::{EmailAddress, Role, UserId, Username};
use evently_auth_domain::ports::AccessTokens;
use evently_auth_domain::session::{Generation, Sid};
use serde_json::Value;

pub(crate) const SECRET: &[u8] = b"a secret of the platform's, for tests";
pub(crate) const RS256: &str = include_str!("../keys/rs256.pem");
pub(crate) const ES256: &str = include_str!("../keys/es256.pem");
pub(crate) const EDDSA: &str = include_str!("../keys/eddsa.pem");

pub(crate) fn keys() -> Vec<JwtKey> {
    vec![
        JwtKey::hmac(JwtAlgorithm::Hs256, SECRET).unwrap(),
        JwtKey::hmac(JwtAlgorithm::Hs384, SECRET).unwrap(),
        JwtKey::hmac(JwtAlgorithm::Hs512, SECRET).unwrap(),
        JwtKey::from_pem(JwtAlgorithm::Rs256, RS256).unwrap(),
        JwtKey::from_pem(JwtAlgorithm::Es256, ES256).unwrap(),
        JwtKey::from_pem(JwtAlgorithm::EdDsa, EDDSA).unwrap(),
    ]
}

pub(crate) fn tokens(key: JwtKey) -> JwtAccessTokens {
    JwtAccessTokens::new(key, "evently", None)
}

pub(crate) fn hs256() -> JwtAccessTokens {
    tokens(JwtKey::hmac(JwtAlgorithm::Hs256, SECRET).unwrap())
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_timestamp_secs(1_767_225_600).unwrap()
}

pub(crate) fn claims() -> AccessClaims {
    AccessClaims {
        user_id: UserId(42),
        email: EmailAddress::parse("ada@example.com").unwrap(),
        username: Username::parse("lovelace").unwrap(),
        role: Role::Admin,
        sid: Sid::parse("AAAAAAAAAAAAAAAAAAAAAA").unwrap(),
        generation: Generation(3),
        token_id: "Zm9yIHRlc3RzIGFsb25l".into(),
        issued_at: now(),
        expires_at: now() + TimeDelta::minutes(30),
    }
}

pub(crate) fn part(token: &str, n: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(n).unwrap()).unwrap()).unwrap()
}

/// Header and payload of a genuine token, to be changed.
pub(crate) fn genuine() -> (Value, Value) {
    let token = hs256().issue(&claims()).unwrap();
    (part(token.expose(), 0), part(token.expose(), 1))
}

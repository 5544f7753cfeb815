//! Access tokens: what stands in them, how long they live, and which keys sign them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod common;

use chrono::TimeDelta;
use common::*;
use evently_auth_crypto::{JwtAccessTokens, JwtAlgorithm, JwtKey, JwtKeyError};
use evently_auth_domain::access::AccessClaims;
use evently_auth_domain::account::{EmailAddress, Role, UserId, Username};
use evently_auth_domain::ports::AccessTokens;
use evently_auth_domain::session::Generation;
use proptest::prelude::*;
use serde_json::json;

#[test]
fn every_algorithm_verifies_what_it_signed() {
    for key in keys() {
        let (algorithm, id) = (key.algorithm(), key.id().to_owned());
        let tokens = tokens(key);
        let token = tokens.issue(&claims()).unwrap();
        assert_eq!(tokens.verify(token.expose(), now()), Ok(claims()), "{algorithm}");
        assert_eq!(part(token.expose(), 0), json!({ "alg": algorithm.as_str(), "typ": "at+jwt", "kid": id }));
    }
}

#[test]
fn a_token_says_what_the_contract_says() {
    let mut expected = json!({
        "iss": "evently", "sub": "42", "user_id": 42, "email": "ada@example.com", "username": "lovelace",
        "role": "admin", "type": "access", "sid": "AAAAAAAAAAAAAAAAAAAAAA", "gen": 3,
        "jti": "Zm9yIHRlc3RzIGFsb25l", "iat": 1_767_225_600, "exp": 1_767_227_400,
    });
    assert_eq!(genuine().1, expected);
    let key = JwtKey::hmac(JwtAlgorithm::Hs256, SECRET).unwrap();
    let tokens = JwtAccessTokens::new(key, "evently", Some("bookings".into()));
    expected["aud"] = json!("bookings");
    assert_eq!(part(tokens.issue(&claims()).unwrap().expose(), 1), expected);
}

#[test]
fn a_token_lives_until_it_expires() {
    let tokens = hs256();
    let token = tokens.issue(&claims()).unwrap();
    let at = |seconds| tokens.verify(token.expose(), now() + TimeDelta::seconds(seconds)).is_ok();
    assert!(at(0) && at(1_799) && !at(1_800) && !at(1_000_000_000));
    assert!(at(-30), "the issuer's clock may be a little ahead");
    assert!(!at(-31) && !at(-1_767_225_600) && !at(-1_767_225_601));
    let last = claims().expires_at - TimeDelta::microseconds(1);
    assert!(tokens.verify(token.expose(), last).is_ok());
}

#[test]
fn no_key_verifies_what_another_signed() {
    let all: Vec<_> = keys().into_iter().map(tokens).collect();
    for (i, signer) in all.iter().enumerate() {
        let token = signer.issue(&claims()).unwrap();
        for (j, verifier) in all.iter().enumerate() {
            assert_eq!(verifier.verify(token.expose(), now()).is_ok(), i == j, "{i} {j}");
        }
    }
    let other =
        tokens(JwtKey::hmac(JwtAlgorithm::Hs256, b"another secret, also long enough for it").unwrap());
    let token = other.issue(&claims()).unwrap();
    assert!(hs256().verify(token.expose(), now()).is_err());
}

#[test]
fn a_configured_audience_is_required() {
    let tokens = |audience: Option<&str>| {
        let key = JwtKey::hmac(JwtAlgorithm::Hs256, SECRET).unwrap();
        JwtAccessTokens::new(key, "evently", audience.map(str::to_owned))
    };
    let audiences = [None, Some("bookings"), Some("events")];
    for made_for in audiences {
        let token = tokens(made_for).issue(&claims()).unwrap();
        for verifier in audiences {
            assert_eq!(tokens(verifier).verify(token.expose(), now()).is_ok(), made_for == verifier);
        }
    }
}

#[test]
fn the_longest_claims_fit() {
    let domain = ["d".repeat(60), "e".repeat(60), "f".repeat(60), "com".into()].join(".");
    let longest = AccessClaims {
        user_id: UserId(i64::MAX),
        email: EmailAddress::parse(&format!("{}@{domain}", "a".repeat(64))).unwrap(),
        username: Username::parse(&"u".repeat(100)).unwrap(),
        generation: Generation(i64::MAX),
        ..claims()
    };
    let key = JwtKey::from_pem(JwtAlgorithm::Rs256, RS256).unwrap();
    let tokens = JwtAccessTokens::new(key, "i".repeat(255), Some("a".repeat(255)));
    let token = tokens.issue(&longest).unwrap();
    assert_eq!(tokens.verify(token.expose(), now()), Ok(longest));
    let key = JwtKey::hmac(JwtAlgorithm::Hs256, SECRET).unwrap();
    assert!(JwtAccessTokens::new(key, "i".repeat(4_000), None).issue(&claims()).is_err());
}

#[test]
fn a_key_has_one_lasting_name_that_tells_nothing() {
    let ids: Vec<_> = keys().iter().map(|key| key.id().to_owned()).collect();
    assert_eq!(ids, keys().iter().map(|key| key.id().to_owned()).collect::<Vec<_>>());
    for (n, id) in ids.iter().enumerate() {
        assert!(!ids[..n].contains(id) && id.len() >= 22);
    }
    let printed = format!("{:?}", keys());
    assert!(!printed.contains("platform") && !printed.contains("PRIVATE"), "{printed}");
    assert!(printed.starts_with(&format!("[JwtKey(HS256, {})", ids[0])), "{printed}");
}

#[test]
fn a_key_that_does_not_fit_is_refused_with_a_reason() {
    for algorithm in [JwtAlgorithm::Hs256, JwtAlgorithm::Hs384, JwtAlgorithm::Hs512] {
        let error = JwtKey::hmac(algorithm, &[b'k'; 31]).unwrap_err();
        assert_eq!(error, JwtKeyError::SecretTooShort { bytes: 31 });
        assert_eq!(error.to_string(), "the secret has 31 bytes, but needs at least 32");
        assert!(JwtKey::hmac(algorithm, &[b'k'; 32]).is_ok());
        assert_eq!(JwtKey::from_pem(algorithm, RS256).unwrap_err(), JwtKeyError::NeedsSecret(algorithm));
    }
    let pems = [(JwtAlgorithm::Rs256, RS256), (JwtAlgorithm::Es256, ES256), (JwtAlgorithm::EdDsa, EDDSA)];
    for (algorithm, _) in pems {
        assert_eq!(JwtKey::hmac(algorithm, SECRET).unwrap_err(), JwtKeyError::NeedsPem(algorithm));
        for (of, pem) in pems {
            assert_eq!(JwtKey::from_pem(algorithm, pem).is_ok(), of == algorithm, "{of} as {algorithm}");
        }
        for text in ["", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
            assert_eq!(JwtKey::from_pem(algorithm, text).unwrap_err(), JwtKeyError::BadPem(algorithm));
        }
    }
    for key in keys() {
        assert_eq!(key.algorithm().to_string().parse(), Ok(key.algorithm()));
    }
    for text in ["none", "hs256", "RS512", "", "HS256 "] {
        assert!(text.parse::<JwtAlgorithm>().is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn whatever_is_issued_is_verified(
        user_id in 1..i64::MAX, generation in 0..i64::MAX, admin: bool, lifetime in 1_i64..10_000_000,
        username in "[a-z0-9_-]{3,100}", local in "[a-zäöü0-9]{1,30}",
    ) {
        let claims = AccessClaims {
            user_id: UserId(user_id),
            generation: Generation(generation),
            role: if admin { Role::Admin } else { Role::User },
            username: Username::parse(&username).unwrap(),
            email: EmailAddress::parse(&format!("{local}@example.com")).unwrap(),
            expires_at: now() + TimeDelta::seconds(lifetime),
            ..claims()
        };
        let token = hs256().issue(&claims).unwrap();
        prop_assert_eq!(hs256().verify(token.expose(), now()), Ok(claims));
    }
}

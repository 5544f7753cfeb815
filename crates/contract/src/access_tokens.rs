//! Clauses of `AccessTokens`.

use crate::TokensHarness;
use crate::given::{at, email, sid, username};
use chrono::{DateTime, TimeDelta};
use evently_auth_domain::Timestamp;
use evently_auth_domain::access::AccessClaims;
use evently_auth_domain::account::{Role, UserId};
use evently_auth_domain::ports::InvalidAccessToken;
use evently_auth_domain::session::Generation;

/// Tests an adapter of `AccessTokens`, given an async function that makes a [`TokensHarness`].
#[macro_export]
macro_rules! access_tokens {
    ($fresh:expr) => {
        $crate::clauses!($fresh, access_tokens: [
            what_was_issued_is_verified_with_the_same_claims,
            a_token_ends,
            a_token_changed_in_any_byte_is_refused,
            tokens_of_strangers_are_refused,
            what_is_no_token_is_refused,
        ]);
    };
}

fn now() -> Timestamp {
    DateTime::from_timestamp(at(0).timestamp(), 0).unwrap()
}

fn claims() -> AccessClaims {
    AccessClaims {
        user_id: UserId(42),
        email: email("ada"),
        username: username("lovelace"),
        role: Role::Admin,
        sid: sid(7),
        generation: Generation(3),
        token_id: "AAECAwQFBgcICQoLDA0ODw".to_owned(),
        issued_at: now(),
        expires_at: now() + TimeDelta::minutes(30),
    }
}

/// Until it expires.
pub async fn what_was_issued_is_verified_with_the_same_claims(given: TokensHarness) {
    let others =
        AccessClaims { role: Role::User, user_id: UserId(1), generation: Generation::FIRST, ..claims() };
    for claims in [claims(), others] {
        let token = given.tokens.issue(&claims).unwrap();
        for moment in [now(), now() + TimeDelta::minutes(30) - TimeDelta::seconds(1)] {
            assert_eq!(given.tokens.verify(token.expose(), moment), Ok(claims.clone()));
        }
    }
}

/// With at most 30 s of leeway.
pub async fn a_token_ends(given: TokensHarness) {
    let token = given.tokens.issue(&claims()).unwrap();
    let late = now() + TimeDelta::minutes(30) + TimeDelta::seconds(31);
    assert_eq!(given.tokens.verify(token.expose(), late), Err(InvalidAccessToken));
}

/// Changed, added or taken away; the last character of a part may have bits that say nothing.
pub async fn a_token_changed_in_any_byte_is_refused(given: TokensHarness) {
    let token = given.tokens.issue(&claims()).unwrap().expose().to_owned();
    for index in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[index] = if bytes[index] == b'A' { b'Q' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert_eq!(given.tokens.verify(&changed, now()), Err(InvalidAccessToken), "byte {index}");
        let mut shorter = token.clone();
        shorter.remove(index);
        assert_eq!(given.tokens.verify(&shorter, now()), Err(InvalidAccessToken), "without byte {index}");
    }
    for changed in [
        format!("{token}A"),
        format!("A{token}"),
        format!("{token}="),
        format!(" {token}"),
        format!("{token}\n"),
    ] {
        assert_eq!(given.tokens.verify(&changed, now()), Err(InvalidAccessToken));
    }
}

/// Either way.
pub async fn tokens_of_strangers_are_refused(given: TokensHarness) {
    assert!(!given.strangers.is_empty());
    let ours = given.tokens.issue(&claims()).unwrap();
    for stranger in &given.strangers {
        let theirs = stranger.issue(&claims()).unwrap();
        assert_eq!(given.tokens.verify(theirs.expose(), now()), Err(InvalidAccessToken));
        assert_eq!(stranger.verify(ours.expose(), now()), Err(InvalidAccessToken));
    }
}

/// Whatever it is; `alg: none` among others.
pub async fn what_is_no_token_is_refused(given: TokensHarness) {
    let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.eyJ1c2VyX2lkIjo0MiwidHlwZSI6ImFjY2VzcyJ9.";
    let long = "A".repeat(100_000);
    for text in ["", ".", "..", "...", "a.b.c", "\u{0}", "🦀.🦀.🦀", "null", "{}", unsigned, &long] {
        assert_eq!(given.tokens.verify(text, now()), Err(InvalidAccessToken));
    }
}

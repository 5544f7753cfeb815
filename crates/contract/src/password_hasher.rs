//! Clauses of `PasswordHasher`. That an absent hash costs as much as a present one, adapters measure themselves.

use crate::HasherHarness;
use crate::given::crowding;
use evently_auth_domain::client::Network;
use evently_auth_domain::password::{Password, PasswordHash};
use evently_auth_domain::ports::{HashError, PasswordVerdict};
use std::time::Duration;

/// Tests an adapter of `PasswordHasher`, given an async function that makes a [`HasherHarness`].
#[macro_export]
macro_rules! password_hasher {
    ($fresh:expr) => {
        $crate::clauses!($fresh, password_hasher: [
            a_password_is_the_one_that_was_hashed,
            another_password_is_not,
            a_hash_has_a_fresh_salt_and_not_the_password,
            no_hash_is_nobodys,
            an_outdated_hash_is_verified_all_the_same,
            what_is_no_hash_verifies_nothing,
            too_many_are_turned_away,
            another_network_is_let_in,
        ]);
    };
}

const YES: PasswordVerdict = PasswordVerdict { matches: true, outdated: false };

fn password(text: &str) -> Password {
    Password::parse(text).unwrap()
}

/// Any Unicode; up to date.
pub async fn a_password_is_the_one_that_was_hashed(given: HasherHarness) {
    for text in ["correct horse battery staple", "пароль 🦀", " "] {
        let hash = given.hasher.hash(&password(text), None).await.unwrap();
        assert_eq!(given.hasher.verify(&password(text), Some(&hash), None).await.unwrap(), YES, "{text}");
    }
}

/// Not by case, space or length.
pub async fn another_password_is_not(given: HasherHarness) {
    let hash = given.hasher.hash(&password("correct horse"), None).await.unwrap();
    for text in ["Correct horse", "correct horse ", "correct hors", "correct horse\u{0}"] {
        assert!(!given.hasher.verify(&password(text), Some(&hash), None).await.unwrap().matches, "{text:?}");
    }
}

/// Two hashes of one password differ.
pub async fn a_hash_has_a_fresh_salt_and_not_the_password(given: HasherHarness) {
    let secret = password("correct horse");
    let one = given.hasher.hash(&secret, None).await.unwrap();
    let other = given.hasher.hash(&secret, None).await.unwrap();
    assert!(one != other);
    assert!(!one.expose().contains("correct horse"));
}

/// For an account that does not exist.
pub async fn no_hash_is_nobodys(given: HasherHarness) {
    assert!(!given.hasher.verify(&password("correct horse"), None, None).await.unwrap().matches);
}

/// Another algorithm, other parameters.
pub async fn an_outdated_hash_is_verified_all_the_same(given: HasherHarness) {
    assert!(!given.outdated.is_empty());
    for old in &given.outdated {
        let hash = old.hash(&password("correct horse"), None).await.unwrap();
        let right = given.hasher.verify(&password("correct horse"), Some(&hash), None).await.unwrap();
        assert_eq!(right, PasswordVerdict { matches: true, outdated: true });
        assert!(!given.hasher.verify(&password("wrong horse"), Some(&hash), None).await.unwrap().matches);
    }
}

/// It does not fail, nor take all memory.
pub async fn what_is_no_hash_verifies_nothing(given: HasherHarness) {
    let nonsense = [
        "",
        "$",
        "plain",
        "$argon2id$",
        "$argon2id$v=19$m=1,t=1,p=1$$",
        "$2b$12$short",
        "$2b$99$",
        "\u{0}🦀",
    ];
    for text in nonsense.into_iter().map(str::to_owned).chain(given.out_of_bounds.clone()) {
        let hash = PasswordHash::new(text.clone());
        let verdict = given.hasher.verify(&password("correct horse"), Some(&hash), None).await.unwrap();
        assert!(!verdict.matches, "{text:?}");
    }
}

/// At once, with a time to come back.
pub async fn too_many_are_turned_away(given: HasherHarness) {
    let (secret, network) = (password("correct horse"), Some(crowding()));
    let hash = given.hasher.hash(&secret, network).await.unwrap();
    let refused = |error| match error {
        HashError::Overloaded { retry_after } => assert!(retry_after > Duration::ZERO),
        HashError::Failed(error) => panic!("{error}"),
    };
    refused(given.crowded.has_room(network).unwrap_err());
    refused(given.crowded.hash(&secret, network).await.unwrap_err());
    refused(given.crowded.verify(&secret, Some(&hash), network).await.unwrap_err());
    refused(given.crowded.verify(&secret, None, network).await.unwrap_err());
}

/// However many wait of one network; work that is nobody's in particular is as good as another's.
pub async fn another_network_is_let_in(given: HasherHarness) {
    let (crowded, secret) = (&given.crowded, password("correct horse"));
    let other = Some(Network::of([192, 0, 2, 77].into()));
    for network in [other, None] {
        crowded.has_room(network).unwrap();
    }
    let relieve = async { (given.relieve)() };
    let (hash, nobodys, ()) =
        tokio::join!(crowded.hash(&secret, other), crowded.hash(&secret, None), relieve);
    assert_eq!(crowded.verify(&secret, Some(&hash.unwrap()), None).await.unwrap(), YES);
    assert_eq!(crowded.verify(&secret, Some(&nobodys.unwrap()), other).await.unwrap(), YES);
}

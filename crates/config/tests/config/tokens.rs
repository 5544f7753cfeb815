//! Access tokens, and which secrets are good enough.

use crate::{OTHER, STRONG, config, production_with, refusal};
use evently_auth_config::TokenAlgorithm;

const PEM: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----";

#[test]
fn embedded_mode_needs_no_secret() {
    let config = config(&[]);
    assert!(config.tokens.jwt_secret.is_none() && config.secret_key.is_none());
    assert_eq!(config.tokens.algorithm, TokenAlgorithm::Hs256);
    assert_eq!((config.tokens.issuer.as_str(), config.tokens.audience), ("evently-auth", None));
}

#[test]
fn issuer_and_audience() {
    let tokens = config(&[("JWT_ISSUER", "https://auth.example"), ("JWT_AUDIENCE", "events")]).tokens;
    assert_eq!(
        (tokens.issuer.as_str(), tokens.audience.as_deref()),
        ("https://auth.example", Some("events"))
    );
    assert!(refusal(&[("JWT_ISSUER", "a\u{7}b")]).starts_with("JWT_ISSUER is \"a\\u{7}b\"; it takes text"));
}

#[test]
fn every_algorithm_has_its_name() {
    for (name, algorithm) in TokenAlgorithm::ALL {
        assert_eq!(config(&[("JWT_ALGORITHM", name)]).tokens.algorithm, algorithm);
        assert_eq!(algorithm.is_symmetric(), name.starts_with("HS"));
    }
}

#[test]
fn a_given_secret_is_as_long_as_its_hash_in_every_mode() {
    for (algorithm, bytes) in [("HS256", 32), ("HS384", 48), ("HS512", 64), ("EdDSA", 32)] {
        let (enough, short) = (&STRONG[..bytes], &STRONG[..bytes - 1]);
        config(&[("JWT_ALGORITHM", algorithm), ("JWT_SECRET", enough)]);
        let line = refusal(&[("JWT_ALGORITHM", algorithm), ("JWT_SECRET", short)]);
        let why = format!("it has {} bytes, {bytes} are needed", bytes - 1);
        assert!(line.starts_with("JWT_SECRET ") && line.contains(&why), "{line}");
        assert!(
            refusal(&production_with(&[
                ("JWT_ALGORITHM", algorithm),
                ("JWT_SECRET", short),
                ("JWT_PRIVATE_KEY", PEM)
            ]))
            .contains(&why)
        );
    }
}

#[test]
fn embedded_mode_takes_weak_secrets_that_are_long_enough() {
    config(&[("JWT_SECRET", &"a".repeat(32)), ("SECRET_KEY", "short")]);
}

#[test]
fn production_refuses_weak_secrets() {
    for (weak, why) in [
        ("a".repeat(40), "it has only 1 different characters"),
        ("0123456789abcdef0123456789abcdef".into(), "it repeats a shorter text"),
        ("correct horse ".repeat(3), "it repeats a shorter text"),
        ("abcdefghijklmnopqrstuvwxyz0123456789".into(), "it counts, or walks along the alphabet"),
        ("98765432109876543210ZYXWVUTSRQPONMLK".into(), "it counts, or walks along the alphabet"),
        ("change-me-before-you-go-to-production-1".into(), "it looks like a placeholder"),
        ("your-256-bit-secret-goes-here-and-is-long".into(), "it looks like a placeholder"),
        ("a-string-secret-at-least-256-bits-long".into(), "it looks like a placeholder"),
        ("Evently_JWT_Secret_of_the_platform_2024".into(), "it looks like a placeholder"),
        ("evently-auth-secret-key-for-production!".into(), "it looks like a placeholder"),
        ("my-very-long-Password-for-signing-tokens".into(), "it looks like a placeholder"),
        ("secretsecretsecretsecretsecretsecret".into(), "it has only 5 different characters"),
        (
            "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7".into(),
            "it is a published example",
        ),
    ] {
        for name in ["JWT_SECRET", "SECRET_KEY"] {
            let line = refusal(&production_with(&[(name, &weak)]));
            assert!(
                line.starts_with(&format!("{name} has a value (not shown) that is refused: {why}")),
                "{line}"
            );
            assert!(!line.contains(&weak), "{line}");
        }
    }
    for short in ["short", "secret", "changeme", "password"] {
        for name in ["JWT_SECRET", "SECRET_KEY"] {
            let line = refusal(&production_with(&[(name, short)]));
            let why = format!("it has {} bytes, 32 are needed", short.len());
            assert!(line.starts_with(&format!("{name} ")) && line.contains(&why), "{line}");
        }
    }
}

#[test]
fn production_takes_random_secrets_of_the_usual_kinds() {
    for strong in [
        STRONG,
        "9f86d081884c7d659a2feaa0c55ad015",
        "83649201573648290157364827163549",
        "evently-auth-test-runs-with-this-one",
    ] {
        config(&production_with(&[("JWT_SECRET", strong)]));
        config(&production_with(&[("SECRET_KEY", strong), ("JWT_SECRET", OTHER)]));
    }
}

#[test]
fn production_refuses_a_shared_secret() {
    let line = refusal(&production_with(&[("SECRET_KEY", STRONG)]));
    assert!(line.starts_with("SECRET_KEY ") && line.contains("it is the same as JWT_SECRET"), "{line}");
    config(&[("SECRET_KEY", STRONG), ("JWT_SECRET", STRONG)]);
}

#[test]
fn production_needs_the_key_of_its_algorithm() {
    for name in ["HS256", "HS384", "HS512"] {
        let line = refusal(&production_with(&[
            ("JWT_ALGORITHM", name),
            ("JWT_SECRET", ""),
            ("JWT_PRIVATE_KEY", PEM),
        ]));
        assert!(
            line.starts_with("JWT_SECRET is not set: production mode signs tokens with it; it takes"),
            "{line}"
        );
    }
    for name in ["RS256", "ES256", "EdDSA"] {
        let line = refusal(&production_with(&[("JWT_ALGORITHM", name)]));
        assert!(line.starts_with("JWT_PRIVATE_KEY is not set: production mode signs"), "{line}");
        config(&production_with(&[("JWT_ALGORITHM", name), ("JWT_PRIVATE_KEY", PEM), ("JWT_SECRET", "")]));
    }
}

#[test]
fn production_without_secret_key_falls_back_with_a_warning_or_stops() {
    let fallback = config(&production_with(&[("SECRET_KEY", "")]));
    assert!(fallback.secret_key.is_none());
    assert!(fallback.warnings.len() == 1 && fallback.warnings[0].starts_with("SECRET_KEY is not set"));
    let line = refusal(&production_with(&[
        ("SECRET_KEY", ""),
        ("JWT_SECRET", ""),
        ("JWT_ALGORITHM", "EdDSA"),
        ("JWT_PRIVATE_KEY", PEM),
    ]));
    assert!(line.starts_with("SECRET_KEY is not set: production mode derives its keys from it"), "{line}");
}

#[test]
fn a_private_key_is_whole_and_unencrypted_pem() {
    let escaped = PEM.replace('\n', "\\n");
    for given in [PEM, &format!("{PEM}\n"), &escaped, &PEM.replace("PRIVATE", "RSA PRIVATE")] {
        let key = config(&[("JWT_PRIVATE_KEY", given)]).tokens.private_key.unwrap();
        assert_eq!(key.expose().lines().count(), 3, "{given}");
    }
    for (given, why) in [
        ("CANARY", "it does not begin with -----BEGIN"),
        ("-----BEGIN PRIVATE KEY-----\nCANARY", "it is cut off"),
        (&PEM.replace("PRIVATE", "ENCRYPTED PRIVATE"), "it is encrypted"),
        (&PEM.replace("PRIVATE", "EC PRIVATE"), "it is SEC1"),
        (&PEM.replace("PRIVATE", "PUBLIC"), "it is PEM, but no private key"),
    ] {
        let line = refusal(&[("JWT_PRIVATE_KEY", given)]);
        assert!(line.starts_with("JWT_PRIVATE_KEY has a value (not shown) that is refused: "), "{line}");
        assert!(line.contains(why) && !line.contains("CANARY"), "{line}");
    }
}

//! Secrets are kept and never shown.

use crate::{OTHER, STRONG, config, production_with, refusal};
use evently_auth_config::SecretText;

#[test]
fn settings_can_be_printed_without_their_secrets() {
    let key = "-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----";
    let config = config(&production_with(&[
        ("DATABASE_URL", "postgres://auth:CANARY@db/evently"),
        ("DATABASE_REPLICA_URLS", "postgres://auth:CANARY@replica/evently"),
        ("DB_PASSWORD", "CANARY"),
        ("REDIS_URL", "redis://user:CANARY@redis"),
        ("REDIS_PASSWORD", "CANARY"),
        ("JWT_PRIVATE_KEY", key),
        ("SMTP_USERNAME", "auth"),
        ("SMTP_PASSWORD", "CANARY"),
        ("ZERO_TOKEN", "CANARY"),
    ]));
    let printed = format!("{config:?} {config:#?}");
    for secret in ["CANARY", STRONG, OTHER] {
        assert!(!printed.contains(secret), "{printed}");
    }
    assert!(printed.contains("SecretText(..)"));
    assert_eq!(config.secret_key.unwrap().expose(), OTHER);
}

#[test]
fn a_secret_is_kept_byte_by_byte() {
    let secret = format!(" {STRONG}\t");
    assert_eq!(config(&[("JWT_SECRET", &secret)]).tokens.jwt_secret.unwrap().expose(), secret);
    assert_eq!(SecretText::new("x").expose(), "x");
}

#[test]
fn a_password_in_a_url_that_takes_none_is_not_repeated() {
    for (name, value) in [
        ("PUBLIC_URL", "https://user:CANARY@example.com"),
        ("CORS_ORIGINS", "https://user:CANARY@example.com"),
        ("REDIS_CLUSTER_NODES", "redis://:CANARY@redis:6379"),
    ] {
        let line = refusal(&[(name, value)]);
        assert!(line.contains("a URL with credentials (not shown); it takes"), "{line}");
        assert!(!line.contains("CANARY"), "{line}");
    }
}

#[test]
fn a_refused_secret_is_told_without_it() {
    let line = refusal(&[("JWT_SECRET", "tooshort")]);
    let start = "JWT_SECRET has a value (not shown) that is refused: it has 8 bytes, 32 are needed; it";
    assert!(line.starts_with(start), "{line}");
    assert!(!line.contains("tooshort"));
}

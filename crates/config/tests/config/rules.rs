//! The parameters of the rules, of hashing and of the log.

use crate::{config, production_with, refusal};
use chrono::TimeDelta;
use evently_auth_config::{HashAlgorithm, LogFormat};
use evently_auth_domain::limits::Limit;
use evently_auth_domain::settings::{SessionBinding, Settings};
use std::path::Path;

fn rules(given: &[(&str, &str)]) -> Settings {
    config(given).rules
}

#[test]
fn the_defaults_are_those_of_the_domain() {
    assert_eq!(rules(&[]), Settings::default());
    assert_eq!(config(&[]).warnings, [""; 0]);
}

#[test]
fn lifetimes() {
    assert_eq!(rules(&[("JWT_EXPIRY_MINUTES", "5")]).access_token_lifetime, TimeDelta::minutes(5));
    assert_eq!(rules(&[("REFRESH_TOKEN_EXPIRY_DAYS", "30")]).session_lifetime, TimeDelta::days(30));
    assert_eq!(rules(&[("UNVERIFIED_EXPIRY_HOURS", "2")]).unverified_lifetime, TimeDelta::hours(2));
    assert_eq!(rules(&[("SESSION_IDLE_MINUTES", "0")]).session_idle_limit, None);
    assert_eq!(rules(&[("SESSION_IDLE_MINUTES", "20")]).session_idle_limit, Some(TimeDelta::minutes(20)));
}

#[test]
fn session_binding() {
    for (name, binding) in [
        ("record", SessionBinding::Record),
        ("user_agent", SessionBinding::UserAgent),
        ("ip", SessionBinding::Ip),
        ("both", SessionBinding::Both),
        ("off", SessionBinding::Off),
    ] {
        assert_eq!(rules(&[("SESSION_BINDING", name)]).session_binding, binding);
    }
}

#[test]
fn passwords() {
    let policy = rules(&[("PASSWORD_MIN_LENGTH", "12"), ("PASSWORD_POLICY", "composition")]).password_policy;
    assert_eq!((policy.min_chars, policy.max_bytes, policy.composition), (12, None, true));
    assert!(!rules(&[("PASSWORD_POLICY", "default")]).password_policy.composition);
    assert_eq!(rules(&[("PASSWORD_HASH", "bcrypt")]).password_policy.max_bytes, Some(72));
}

#[test]
fn each_limit_has_its_variable_and_the_window_is_for_those_of_fifteen_minutes() {
    let limits = rules(&[
        ("RATE_LIMIT_WINDOW", "60"),
        ("RATE_LIMIT_LOGIN", "11"),
        ("RATE_LIMIT_LOGIN_ADDRESS", "12"),
        ("RATE_LIMIT_LOGIN_ACCOUNT", "18"),
        ("RATE_LIMIT_REGISTER", "13"),
        ("RATE_LIMIT_VERIFY", "14"),
        ("RATE_LIMIT_RESEND", "15"),
        ("RATE_LIMIT_RESEND_ADDRESS", "16"),
        ("RATE_LIMIT_PASSWORD", "17"),
    ])
    .limits;
    let limit = |max, minutes| Limit { max, window: TimeDelta::minutes(minutes) };
    assert_eq!(limits.login, limit(11, 60));
    assert_eq!(limits.login_address, limit(12, 60));
    assert_eq!(limits.login_account, limit(18, 60));
    assert_eq!(limits.register, limit(13, 60));
    assert_eq!(limits.verify, limit(14, 5));
    assert_eq!(limits.resend, limit(15, 10));
    assert_eq!(limits.resend_address, limit(16, 10));
    assert_eq!(limits.password, limit(17, 60));
}

#[test]
fn retries_come_after_the_first_attempt() {
    let rules = rules(&[("MAX_RETRIES", "0"), ("RETRY_DELAY", "5")]);
    assert_eq!((rules.mail_max_attempts, rules.mail_retry_delay), (1, TimeDelta::seconds(5)));
}

#[test]
fn hashing() {
    let hashing = config(&[]).hashing;
    let argon2 = hashing.argon2;
    assert_eq!(hashing.algorithm, HashAlgorithm::Argon2id);
    assert_eq!((argon2.memory_kib, argon2.iterations, argon2.parallelism), (19_456, 2, 1));
    assert_eq!(hashing.bcrypt_cost, 12);

    let hashing = config(&[
        ("PASSWORD_HASH", "bcrypt"),
        ("ARGON2_MEMORY_KIB", "65536"),
        ("ARGON2_ITERATIONS", "3"),
        ("ARGON2_PARALLELISM", "4"),
        ("BCRYPT_COST", "10"),
    ])
    .hashing;
    let argon2 = hashing.argon2;
    assert_eq!(hashing.algorithm, HashAlgorithm::Bcrypt);
    assert_eq!((argon2.memory_kib, argon2.iterations, argon2.parallelism), (65_536, 3, 4));
    assert_eq!(hashing.bcrypt_cost, 10);
}

#[test]
fn the_log_is_for_a_person_in_embedded_mode_and_for_a_collector_in_production() {
    assert_eq!(config(&[]).log.format, LogFormat::Pretty);
    assert_eq!(config(&production_with(&[])).log.format, LogFormat::Json);
    assert_eq!(config(&[("LOG_FORMAT", "json")]).log.format, LogFormat::Json);
    assert_eq!(config(&production_with(&[("LOG_FORMAT", "pretty")])).log.format, LogFormat::Pretty);
}

#[test]
fn the_log_filter_is_one_that_works() {
    assert_eq!(config(&[]).log.filter, "info,actix_server=warn,actix_http=off");
    assert_eq!(
        config(&[("RUST_LOG", "warn,evently_auth_http=debug")]).log.filter,
        "warn,evently_auth_http=debug"
    );
    let line = refusal(&[("RUST_LOG", "evently_auth_http=loud")]);
    assert!(
        line.starts_with(r#"RUST_LOG is "evently_auth_http=loud"; it takes levels for the log"#),
        "{line}"
    );
}

#[test]
fn the_data_folder() {
    assert_eq!(config(&[]).data_dir, Path::new("./data"));
    assert_eq!(config(&[("DATA_DIR", "/var/lib/evently")]).data_dir, Path::new("/var/lib/evently"));
}

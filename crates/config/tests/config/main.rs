//! What the settings promise, seen from outside.
#![allow(clippy::panic, clippy::expect_used, reason = "a test may fail loudly")]

mod http;
mod mail;
mod operation;
mod passwords;
mod production;
mod rules;
mod secrets;
mod sources;
mod table;
mod tokens;
mod zero;

use evently_auth_config::{Config, ConfigError, ProductionConfig};
use std::collections::HashMap;

/// Secrets as `openssl rand -base64 48` makes them.
const STRONG: &str = "q0vQ3mGkN7Yp5cJtW1xRzB8dLhUe2SfAi6oKyXnCgT4VbDjM9uEwHrPaZsIlQO+F";
const OTHER: &str = "Jx4TnB7wQeRk2MvZ9cLpHs6YdGf1UaKo8NiXyCtWb3VjEu5DrSmAhIqOlPzFg0+Q";

fn read(given: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::from_source(&given.iter().copied().collect::<HashMap<_, _>>())
}

fn config(given: &[(&str, &str)]) -> Config {
    read(given).unwrap_or_else(|error| panic!("{given:?}: {error}"))
}

/// The one line that refuses `given`.
fn refusal(given: &[(&str, &str)]) -> String {
    let Err(error) = read(given) else { panic!("{given:?} was taken") };
    let line = error.to_string();
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.contains(error.variable()), "{line}");
    line
}

/// Settings that production mode starts with, and `more`.
fn production_with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut given = vec![
        ("DATABASE_URL", "postgres://auth:pw@db.internal/evently"),
        ("REDIS_URL", "redis://redis.internal"),
        ("JWT_SECRET", STRONG),
        ("SECRET_KEY", OTHER),
        ("SMTP_HOST", "mail.internal"),
    ];
    given.retain(|(name, _)| more.iter().all(|(other, _)| name != other));
    given.extend(more);
    given
}

fn production(given: &[(&str, &str)]) -> ProductionConfig {
    match config(given).mode {
        evently_auth_config::Mode::Production(servers) => *servers,
        evently_auth_config::Mode::Embedded => panic!("{given:?} is embedded mode"),
    }
}

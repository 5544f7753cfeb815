//! Passwords of the servers of production mode: those that everybody knows are for this machine alone.

use crate::{config, production_with, refusal};
use evently_auth_config::PostgresConfig;

const KNOWN: [&str; 8] =
    ["postgres", "password", "changeme", "Secret", "admin", "evently", "mysecretpassword", "123456"];

#[test]
fn a_known_password_of_the_database_stops_the_start() {
    for known in KNOWN {
        let parts = [("DATABASE_URL", ""), ("DB_HOST", "db.internal"), ("DB_PASSWORD", known)];
        let line = refusal(&production_with(&parts));
        let why =
            "has a value (not shown) that is refused: its password is one that everybody knows; it takes";
        assert!(line.starts_with(&format!("DB_PASSWORD {why}")), "{line}");

        let url = format!("postgres://auth:{known}@db.internal/evently");
        let line = refusal(&production_with(&[("DATABASE_URL", &url)]));
        assert!(line.starts_with(&format!("DATABASE_URL {why}")), "{line}");

        let line = refusal(&production_with(&[("DATABASE_REPLICA_URLS", &url)]));
        assert!(line.starts_with(&format!("DATABASE_REPLICA_URLS {why}")), "{line}");
    }
}

#[test]
fn the_name_of_the_user_is_no_password() {
    let own = [("DATABASE_URL", "postgres://svc_auth@db.internal"), ("DB_PASSWORD", "SVC_auth")];
    let line = refusal(&production_with(&own));
    assert!(
        line.starts_with("DB_PASSWORD ") && line.contains("its password is the name of its user"),
        "{line}"
    );
    let line = refusal(&production_with(&[("REDIS_URL", "redis://svc_auth:svc_auth@redis.internal")]));
    assert!(
        line.starts_with("REDIS_URL ") && line.contains("its password is the name of its user"),
        "{line}"
    );
}

#[test]
fn a_known_password_of_redis_stops_the_start() {
    for given in [
        [("REDIS_URL", "redis://:foobared@redis.internal"), ("REDIS_HOST", "")],
        [("REDIS_URL", ""), ("REDIS_CLUSTER_NODES", "127.0.0.1:7000,redis.internal:7000")],
        [("REDIS_URL", ""), ("REDIS_SENTINELS", "redis.internal:26379")],
    ] {
        let given = [given[0], given[1], ("REDIS_PASSWORD", "redis")];
        let line = refusal(&production_with(&given));
        let named = if given[0].1.is_empty() { "REDIS_PASSWORD" } else { "REDIS_URL" };
        assert!(line.starts_with(named) && line.contains("one that everybody knows"), "{line}");
        assert!(!line.contains("foobared"), "{line}");
    }
}

#[test]
fn this_machine_may_have_any_password() {
    for host in ["localhost", "127.0.0.1", "[::1]", "%2Frun%2Fpostgresql"] {
        config(&production_with(&[("DATABASE_URL", &format!("postgres://postgres:postgres@{host}/x"))]));
    }
    config(&production_with(&[("REDIS_URL", "redis://:redis@localhost")]));
    config(&[("REDIS_URL", "redis://:redis@redis.internal")]); // embedded mode does not use it
}

#[test]
fn a_url_can_be_read_on_its_own() {
    let server = PostgresConfig::from_url("postgres://reader:postgres@old.internal/evently?sslmode=require");
    let server = server.unwrap();
    assert_eq!((server.host.as_str(), server.port, server.tls), ("old.internal", 5432, true));
    assert_eq!((server.name.as_str(), server.user.as_str()), ("evently", "reader"));
    for (wrong, why) in [
        ("CANARY", "it is no URL"),
        ("mysql://CANARY:CANARY@old/evently", "its scheme is not `postgres` or `postgresql`"),
        ("postgres://old.internal/CANARY", "it names no database or no user"),
        ("postgres://CANARY:CANARY@old.internal", "it names no database or no user"),
        ("postgres://u:CANARY@old/evently?sslmode=prefer", "its sslmode is another one"),
    ] {
        let said = PostgresConfig::from_url(wrong).unwrap_err();
        assert!(said.starts_with(why) && !said.contains("CANARY"), "{said}");
    }
}

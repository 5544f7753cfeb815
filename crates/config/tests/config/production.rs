//! When it is production mode, and which servers that takes.

use crate::{config, production, production_with, refusal};
use evently_auth_config::{Mode, PostgresConfig, RedisConfig, RedisTopology};

fn database(url: &str) -> PostgresConfig {
    production(&production_with(&[("DATABASE_URL", url)])).database.primary
}

fn redis(given: &[(&str, &str)]) -> RedisConfig {
    production(&production_with(given)).redis
}

fn password(server: &PostgresConfig) -> Option<&str> {
    server.password.as_ref().map(|password| password.expose())
}

#[test]
fn a_database_decides_the_mode() {
    assert!(matches!(config(&[]).mode, Mode::Embedded));
    production(&production_with(&[]));
    let server = production(&production_with(&[
        ("DATABASE_URL", ""),
        ("DB_HOST", "db"),
        ("DB_PORT", "5433"),
        ("DB_NAME", "n"),
        ("DB_USER", "u"),
        ("DB_PASSWORD", "p"),
        ("DB_USE_TLS", "true"),
        ("DB_POOL_SIZE", "20"),
    ]))
    .database;
    let primary = server.primary;
    assert_eq!((primary.host.as_str(), primary.port, primary.name.as_str()), ("db", 5433, "n"));
    assert_eq!((primary.user.as_str(), password(&primary), primary.tls), ("u", Some("p"), true));
    assert_eq!((server.pool_size, server.replicas.len()), (20, 0));
}

#[test]
fn embedded_mode_tells_which_servers_it_passes_over() {
    let warnings = config(&[("REDIS_URL", "redis://redis"), ("DB_PASSWORD", "x"), ("DB_PORT", "")]).warnings;
    let line =
        "DB_PASSWORD, REDIS_URL is not used: embedded mode, since neither DATABASE_URL nor DB_HOST is set";
    assert_eq!(warnings, [line]);
    let warnings = config(&[("SMTP_HOST", "mail.internal"), ("SMTP_PORT", "25")]).warnings;
    assert!(
        warnings.len() == 1 && warnings[0].starts_with("SMTP_HOST is not used: embedded"),
        "{warnings:?}"
    );
}

#[test]
fn production_mode_needs_redis_and_says_when_mail_has_nowhere_to_go() {
    let line = refusal(&production_with(&[("REDIS_URL", "")]));
    let start = "REDIS_URL is not set: production mode needs Redis beside the database; it takes `redis://";
    assert!(line.starts_with(start), "{line}");
    assert_eq!(config(&production_with(&[])).warnings, [""; 0]);
    let warnings = config(&production_with(&[("SMTP_HOST", "")])).warnings;
    assert!(warnings.len() == 1 && warnings[0].starts_with("SMTP_HOST is not set"), "{warnings:?}");
}

#[test]
fn a_database_url_is_taken_apart() {
    let server =
        database("postgresql+asyncpg://au%40th:p%2Fw%25@[2001:db8::1]:5433/even%20tly?sslmode=require");
    assert_eq!((server.host.as_str(), server.port, server.name.as_str()), ("2001:db8::1", 5433, "even tly"));
    assert_eq!((server.user.as_str(), password(&server), server.tls), ("au@th", Some("p/w%"), true));
    assert_eq!(database("postgres://%2Frun%2Fpostgresql/x").host, "/run/postgresql");
}

#[test]
fn what_a_database_url_leaves_out_comes_from_the_other_variables() {
    let given = [
        ("DATABASE_URL", "postgres://db"),
        ("DATABASE_REPLICA_URLS", "postgres://one, postgres://reader:r@two/other?sslmode=disable"),
        ("DB_HOST", "elsewhere"),
        ("DB_PORT", "5433"),
        ("DB_NAME", "n"),
        ("DB_USER", "u"),
        ("DB_PASSWORD", "p"),
        ("DB_USE_TLS", "yes"),
    ];
    let database = production(&production_with(&given)).database;
    let parts: Vec<_> = std::iter::once(&database.primary)
        .chain(&database.replicas)
        .map(|s| (s.host.as_str(), s.port, s.name.as_str(), s.user.as_str(), password(s), s.tls))
        .collect();
    assert_eq!(
        parts,
        [
            ("db", 5433, "n", "u", Some("p"), true),
            ("one", 5433, "n", "u", Some("p"), true),
            ("two", 5433, "other", "reader", Some("r"), false),
        ]
    );
    let bare = self::database("postgres://db");
    assert_eq!((bare.port, bare.name.as_str(), bare.user.as_str()), (5432, "evently_auth", "evently_auth"));
    assert_eq!((password(&bare), bare.tls), (None, false));
}

#[test]
fn a_wrong_database_url_is_told_without_it() {
    for (url, why) in [
        ("CANARY", "it is no URL"),
        ("mysql://u:CANARY@db/x", "its scheme is not `postgres` or `postgresql`"),
        ("postgres:///CANARY", "it names no host"),
        ("postgres://u:CANARY@a,b/x", "it names no host, or not exactly one"),
        ("postgres://u:CANARY@db:99999/x", "it is no URL (invalid port number)"),
        ("postgres://u:CANARY@db:0/x", "its port is 0"),
        ("postgres://u:CANARY%ff@db/x", "it holds bytes that are not UTF-8"),
        ("postgres://u:CANARY@db/x%00", "its user or its database is no name"),
        ("postgres://u:p@db/x?sslmode=CANARY", "its sslmode is another one"),
        ("postgres://u:p@db/x?CANARY=1", "it has a parameter other than sslmode"),
    ] {
        let line = refusal(&production_with(&[("DATABASE_URL", url)]));
        let start = format!("DATABASE_URL has a value (not shown) that is refused: {why}");
        assert!(line.starts_with(&start) && line.contains("; it takes `postgres://"), "{line}");
        assert!(!line.contains("CANARY"), "{line}");
        let replica =
            refusal(&production_with(&[("DATABASE_REPLICA_URLS", &format!("postgres://good,{url}"))]));
        assert!(replica.starts_with("DATABASE_REPLICA_URLS has a value (not shown)"), "{replica}");
        assert!(!replica.contains("CANARY"), "{replica}");
    }
}

#[test]
fn a_redis_url_is_taken_apart() {
    let server = redis(&[("REDIS_URL", "rediss://me:p%40w@redis.internal:6380/2")]);
    assert!(matches!(&server.topology, RedisTopology::Single(at) if at.to_string() == "redis.internal:6380"));
    assert_eq!(server.username.as_deref(), Some("me"));
    assert_eq!(server.password.unwrap().expose(), "p@w");
    assert_eq!((server.database, server.tls), (2, true));

    let server = redis(&[("REDIS_URL", "redis://[::1]"), ("REDIS_PASSWORD", "p"), ("REDIS_USE_TLS", "on")]);
    assert!(matches!(&server.topology, RedisTopology::Single(at) if at.to_string() == "[::1]:6379"));
    assert_eq!((server.username, server.password.unwrap().expose()), (None, "p"));
    assert_eq!((server.database, server.tls), (0, true));
}

#[test]
fn redis_by_its_parts() {
    let server =
        redis(&[("REDIS_URL", ""), ("REDIS_HOST", "r"), ("REDIS_PORT", "7000"), ("REDIS_PASSWORD", "p")]);
    assert!(matches!(&server.topology, RedisTopology::Single(at) if at.to_string() == "r:7000"));
    assert_eq!((server.password.unwrap().expose(), server.tls), ("p", false));
}

#[test]
fn cluster_and_sentinels_come_before_a_single_server() {
    let text =
        |nodes: &[evently_auth_config::Endpoint]| nodes.iter().map(ToString::to_string).collect::<Vec<_>>();
    let server = redis(&[("REDIS_CLUSTER_NODES", "a:7000, b,[::1]:7002,[::2]")]);
    let RedisTopology::Cluster(nodes) = server.topology else { panic!("no cluster") };
    assert_eq!(text(&nodes), ["a:7000", "b:6379", "[::1]:7002", "[::2]:6379"]);

    let server = redis(&[
        ("REDIS_SENTINELS", "a,b:1"),
        ("REDIS_SENTINEL_MASTER", "main"),
        ("REDIS_URL", "redis://x:p@y/3"),
    ]);
    let RedisTopology::Sentinel { sentinels, master } = server.topology else { panic!("no sentinels") };
    assert_eq!((text(&sentinels), master.as_str()), (vec!["a:26379".to_owned(), "b:1".into()], "main"));
    assert_eq!((server.password.unwrap().expose(), server.database), ("p", 3));

    let line = refusal(&[("REDIS_CLUSTER_NODES", "a"), ("REDIS_SENTINELS", "b")]);
    assert!(
        line.starts_with(r#"REDIS_SENTINELS is "b": REDIS_CLUSTER_NODES is set as well; it takes"#),
        "{line}"
    );
    for node in ["a:b", "a:0", "::1", "::1:6379", "[::1]x", "a b", "redis://a", ":1"] {
        let line = refusal(&[("REDIS_CLUSTER_NODES", node)]);
        assert!(line.starts_with(&format!("REDIS_CLUSTER_NODES holds {node:?}; it takes")), "{line}");
    }
}

#[test]
fn a_wrong_redis_url_is_told_without_it() {
    for (url, why) in [
        ("CANARY", "it is no URL"),
        ("http://u:CANARY@redis", "its scheme is not `redis` or `rediss`"),
        ("redis:///1", "it names no host"),
        ("redis://u:CANARY@redis/x", "its database is no number"),
        ("redis://u:CANARY@redis?x=1", "it has parameters"),
        ("redis://u:CANARY@redis:0", "its port is 0"),
        ("redis://u:CANARY%ff@redis", "it holds bytes that are not UTF-8"),
    ] {
        let line = refusal(&production_with(&[("REDIS_URL", url)]));
        assert!(
            line.starts_with(&format!("REDIS_URL has a value (not shown) that is refused: {why}")),
            "{line}"
        );
        assert!(!line.contains("CANARY"), "{line}");
    }
}

//! Every shape of what production mode is configured with: Redis Cluster and Sentinel, TLS to everybody, Zero.

use crate::harness::{PASSWORD, Production, address, body};
use evently_auth_services::sink::{SinkOptions, SinkTls};
use evently_auth_services::{Certificates, Postgres, Redis, RedisCluster, RedisSentinel};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use tokio::runtime::Runtime;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// From registration to logout, on two servers in turn: codes, mail, limits, sessions and the line between them work.
fn works(site: &mut Production) {
    site.add_server();
    site.add_server();
    site.add_worker();
    let tokens = site.signed_in("ada");
    for _ in 0..4 {
        body(site.me(&tokens), 200);
    }
    let out = site.post("/api/v1/auth/logout", &json!({})).bearer_auth(&tokens.access).send().unwrap();
    body(out, 200);
    for _ in 0..4 {
        body(site.me(&tokens), 401);
    }
    let health = body(site.get("/health").send().unwrap(), 200);
    assert_eq!((&health["database"], &health["redis"]), (&json!("connected"), &json!("connected")));
}

#[test]
fn on_a_redis_cluster() {
    let runtime = runtime();
    let cluster = runtime.block_on(RedisCluster::launch()).unwrap();
    works(&mut Production::prepare(&[("REDIS_CLUSTER_NODES", &cluster.addresses().join(","))]));
}

#[test]
fn on_redis_sentinels_and_through_a_failover() {
    let runtime = runtime();
    let redis = runtime.block_on(RedisSentinel::launch(3)).unwrap();
    let sentinels = redis.addresses().join(",");
    let env = [("REDIS_SENTINELS", sentinels.as_str()), ("REDIS_SENTINEL_MASTER", redis.master_name())];
    let mut site = Production::prepare(&env);
    works(&mut site);
    runtime.block_on(redis.primary().kill()).unwrap();
    let login = json!({"email": address("ada"), "password": PASSWORD});
    body(site.post("/api/v1/auth/login", &login).send().unwrap(), 200);
    let resend = json!({"email": address("ada")});
    site.wait_for("another master", || {
        let status = site.post("/api/v1/auth/forgot-password", &resend).send().unwrap().status().as_u16();
        assert!([200, 503].contains(&status), "{status}");
        (status == 200).then_some(())
    });
}

#[test]
fn over_tls_to_everybody() {
    let runtime = runtime();
    let generate = || Certificates::generate().unwrap();
    let (for_postgres, for_redis, for_mail) = (generate(), generate(), generate());
    let folder = tempfile::tempdir().unwrap();
    let authorities = folder.path().join("authorities.pem");
    let pem = [for_postgres.authority(), for_redis.authority(), for_mail.authority()].join("\n");
    std::fs::write(&authorities, pem).unwrap();
    let postgres = Postgres::options().tls(for_postgres).setting("ssl", "on").launch();
    let redis = Redis::options().tls(for_redis).password("quarry-gate-77").launch();
    let (postgres, redis) = runtime.block_on(async { tokio::join!(postgres, redis) });
    let (postgres, redis) = (postgres.unwrap(), redis.unwrap());
    let (database, redis_url) = (postgres.url(), redis.url());
    assert!(redis_url.starts_with("rediss://"), "{redis_url}");
    let env = [
        ("DATABASE_URL", database.as_str()),
        ("DB_USE_TLS", "true"),
        ("REDIS_URL", redis_url.as_str()),
        ("SMTP_HOST", "localhost"),
        ("SMTP_USE_TLS", "true"),
    ];
    let start_tls = SinkOptions { tls: SinkTls::StartTls(for_mail), ..SinkOptions::default() };
    let trusting = [&env[..], &[("SSL_CERT_FILE", authorities.to_str().unwrap())]].concat();
    let mut site = Production::prepare_with(start_tls, &trusting);
    works(&mut site);
    let encrypted = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND NOT ssl";
    assert_eq!(site.runtime.block_on(postgres.sql("postgres", encrypted)).unwrap().trim(), "0");

    // Nobody is trusted who is not named.
    let strict =
        site.command(crate::harness::BINARY, &["migrate", "status"]).env_remove("SSL_CERT_FILE").output();
    assert!(!strict.unwrap().status.success());
}

/// Answers every question of the GraphQL API with these secrets; says what it was asked.
fn zero(secrets: &[(&str, &str)]) -> (String, std::sync::mpsc::Receiver<String>) {
    let fields: Vec<Value> =
        secrets.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    let answer = json!({"data": {"secrets": [{"name": "evently", "fields": fields}]}}).to_string();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/graphql", listener.local_addr().unwrap());
    let (asked, questions) = std::sync::mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut question) = (stream.unwrap(), vec![0; 8192]);
            let mut length = 0;
            while !String::from_utf8_lossy(&question[..length]).contains("zeroToken") {
                length += stream.read(&mut question[length..]).unwrap();
            }
            let _ = asked.send(String::from_utf8_lossy(&question[..length]).into_owned());
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
            stream.write_all((head + &answer).as_bytes()).unwrap();
        }
    });
    (url, questions)
}

#[test]
fn with_secrets_from_zero() {
    let runtime = runtime();
    let postgres = runtime.block_on(Postgres::options().password("tin-lantern-41").launch()).unwrap();
    let port = postgres.port().to_string();
    let (url, questions) = zero(&[
        ("db-host", "127.0.0.1"),
        ("db-port", &port),
        ("db-name", "postgres"),
        ("db-user", "evently"),
        ("db-password", "tin-lantern-41"),
        ("jwt-secret", "Wq5Zx8Cv2Bn6Mk0Lp3Oi7Uy4Tr1Ew9As"),
        ("jwt-expiry-minutes", "7"),
        ("port", "1"), // the environment's comes first
    ]);
    let env =
        [("ZERO_TOKEN", "to\"ken"), ("ZERO_URL", url.as_str()), ("DATABASE_URL", ""), ("JWT_SECRET", "")];
    let mut site = Production::prepare(&env);
    assert!(questions.recv().unwrap().contains("to\\\"ken"), "the token arrives as it is");
    works(&mut site);
    let login = json!({"email": address("ada"), "password": PASSWORD});
    let answer = body(site.post("/api/v1/auth/login", &login).send().unwrap(), 200);
    assert_eq!(answer["expires_in"], 7 * 60);

    let refused = site
        .command(crate::harness::BINARY, &["migrate", "status"])
        .env("ZERO_URL", "http://127.0.0.1:1")
        .output();
    let refused = refused.unwrap();
    let errors = String::from_utf8(refused.stderr).unwrap();
    assert_eq!((refused.status.code(), errors.lines().count()), (Some(1), 1), "{errors}");
    assert!(errors.contains("ZERO_") && !errors.contains("ken"), "{errors}");
}

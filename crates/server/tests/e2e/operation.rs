//! What those who run it see: health, measurements, traces.

use crate::harness::{PASSWORD, Production, Server, address, body};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn health_names_what_is_away() {
    let mut site = Production::prepare(&[]);
    site.add_server();
    let (_worker, worker) = site.worker();
    let health = |status: u16| body(site.get("/health").send().unwrap(), status);
    let healthy = health(200);
    assert_eq!((&healthy["status"], &healthy["redis"]), (&json!("healthy"), &json!("connected")));
    let of_worker = body(site.http.get(format!("{worker}/health")).send().unwrap(), 200);
    assert_eq!(of_worker["status"], "healthy");

    site.redis.freeze().unwrap();
    let degraded = health(200);
    assert_eq!((&degraded["status"], &degraded["redis"]), (&json!("degraded"), &json!("disconnected")));
    let admin = ["admin", "create", "--email", "root@example.com", "--username", "root", "--password-stdin"];
    for args in [&admin[..], &["mail", "list"], &["mail", "retry", "--all"], &["audit", "verify"]] {
        let started = Instant::now();
        let ended = site.run(args, PASSWORD);
        assert!(ended.status.success() && started.elapsed() < Duration::from_secs(5), "{args:?}: {ended:?}");
    }
    site.redis.thaw().unwrap();
    site.postgres.freeze().unwrap();
    let unhealthy = health(503);
    assert_eq!((&unhealthy["status"], &unhealthy["database"]), (&json!("unhealthy"), &json!("disconnected")));
    body(site.get("/health/ready").send().unwrap(), 503);
    body(site.get("/health/live").send().unwrap(), 200);
    site.postgres.thaw().unwrap();
    site.wait_for("health", || (site.get("/health").send().unwrap().status() == 200).then_some(()));
}

/// By whoever owns the database. The worker's log has every seal, for whoever keeps it elsewhere.
#[test]
fn what_is_done_to_the_audit_is_named() {
    let mut site = Production::prepare(&[("AUDIT_RETENTION_DAYS", "30")]);
    site.add_server();
    site.add_worker();
    site.signed_in("ada");
    let last_seal = |rows: u64| {
        site.workers[0].wait_for_line(|line| {
            let line: Value = serde_json::from_str(line).ok()?;
            let is_it = line["message"] == "the audit was sealed" && line["rows"].as_u64() >= Some(rows);
            is_it.then(|| line["seal"].as_str().unwrap().to_owned())
        })
    };
    let seal = last_seal(1);
    let verify = |args: &[&str]| {
        let ended = site.run(&[&["audit", "verify"], args].concat(), "");
        (ended.status.code(), String::from_utf8(ended.stdout).unwrap())
    };
    let sql = |sql: &str| {
        let sql = format!("SET session_replication_role = replica; {sql}");
        site.runtime.block_on(site.postgres.sql("postgres", &sql)).unwrap()
    };
    site.wait_for("every row sealed", || {
        (sql("SELECT count(*) FROM audit_log WHERE sealed_by IS NULL") == "0").then_some(())
    });
    let (code, said) = verify(&["--expect", &seal]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.starts_with("The audit is intact: ") && said.contains("\nSealed up to "), "{said}");

    sql("UPDATE audit_log SET outcome = 'failure' WHERE id = 2");
    assert_eq!(verify(&[]).1.lines().next(), Some("row 2 was changed"));
    sql("UPDATE audit_log SET outcome = 'success' WHERE id = 2");
    assert_eq!(verify(&[]).0, Some(0));
    sql("DELETE FROM audit_log; DELETE FROM audit_seals");
    let (code, said) = verify(&[]);
    assert_eq!(
        (code, said.lines().next().map(|line| line.starts_with("row 1"))),
        (Some(1), Some(true)),
        "{said}"
    );
    sql("DELETE FROM audit_ends");
    assert_eq!(verify(&[]).0, Some(0), "as if nothing had ever happened, but for the log");
    let (code, said) = verify(&["--expect", &seal]);
    assert_eq!((code, said.as_str()), (Some(1), "seal 1 is expected and not there\n"));
}

#[test]
fn everything_that_matters_is_measured() {
    let mut site = Production::prepare(&[("RATE_LIMIT_LOGIN", "1")]);
    site.add_server();
    let (_worker, worker) = site.worker();
    let tokens = site.signed_in("ada");
    body(site.me(&tokens), 200);
    let wrong = json!({"username": "ada", "password": "not the right one"});
    for status in [401, 429] {
        body(site.post("/api/v1/auth/login", &wrong).send().unwrap(), status);
    }
    let server = site.get("/metrics").send().unwrap().text().unwrap();
    for expected in [
        "http_server_request_duration_seconds_count{http_request_method=\"GET\",http_route=\"/api/v1/auth/me\",\
            http_response_status_code=\"200\"}",
        "db_client_operation_duration_seconds_count{db_system_name=\"postgresql\",\
            db_operation_name=\"sessions.open\"",
        "db_client_operation_duration_seconds_count{db_system_name=\"redis\",db_operation_name=\"codes.check\"",
        "db_client_connection_count{db_client_connection_pool_name=\"primary\",\
            db_client_connection_state=\"idle\"}",
        "db_client_connection_max{db_client_connection_pool_name=\"primary\"} 10",
        "evently_auth_hash_queue_depth 0",
        "evently_auth_hash_duration_seconds_count",
        "evently_auth_rate_limit_decisions_total{limit=\"login\",decision=\"refused\"} 1",
        "evently_auth_rate_limit_decisions_total{limit=\"register\",decision=\"admitted\"} 1",
        "evently_auth_signal_line_up 1",
        "evently_auth_session_cache_total{outcome=\"",
    ] {
        assert!(server.contains(expected), "{expected} is not in {server}");
    }
    let measured = || site.http.get(format!("{worker}/metrics")).send().unwrap().text().unwrap();
    let sent = "evently_auth_mails_total{kind=\"verification_code\",outcome=\"sent\"} 1";
    site.wait_for(sent, || measured().contains(sent).then_some(()));
    for expected in [
        "evently_auth_mails_queued 0",
        "evently_auth_mails_dead 0",
        "evently_auth_mails_oldest_seconds 0",
        "evently_auth_mail_send_duration_seconds_count",
        "db_client_operation_duration_seconds_count{db_system_name=\"postgresql\",\
            db_operation_name=\"outbox.claim\"",
    ] {
        site.wait_for(expected, || measured().contains(expected).then_some(()));
    }
    for secret in ["ada@example.com", PASSWORD, &tokens.refresh] {
        assert!(!server.contains(secret) && !measured().contains(secret), "{secret}");
    }
}

#[test]
fn traces_go_to_the_collector() {
    let collector = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", collector.local_addr().unwrap());
    let (heard, traces) = mpsc::channel();
    thread::spawn(move || {
        for stream in collector.incoming() {
            let mut stream = stream.unwrap();
            stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
            let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
            while let Ok(read @ 1..) = stream.read(&mut buffer) {
                request.extend_from_slice(&buffer[..read]);
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = heard.send(request);
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let env = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("LOG_FORMAT", "json")];
    let server = Server::start(folder.path(), &env);
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    body(server.get("/health/live").header("traceparent", parent).send().unwrap(), 200);
    let new = json!({"email": address("grace"), "username": "grace", "password": PASSWORD});
    body(server.post("/api/v1/auth/register", &new).send().unwrap(), 201);
    server.code(&address("grace"));
    let (success, log) = server.stop();
    assert!(success, "{log}");
    let mut sent = traces.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(sent.starts_with(b"POST /v1/traces "), "{}", String::from_utf8_lossy(&sent));
    while let Ok(more) = traces.recv_timeout(Duration::from_millis(600)) {
        sent.extend(more);
    }
    let holds = |bytes: &[u8]| sent.windows(bytes.len()).any(|window| window == bytes);
    assert!(holds(b"GET /health/live") && holds(b"evently-auth"), "the span and the service are named");
    assert!(holds(b"send verification_code"), "the mail has a span");
    for secret in [address("grace").as_bytes(), PASSWORD.as_bytes()] {
        assert!(!holds(secret), "{}", String::from_utf8_lossy(secret));
    }
    assert!(log.contains(r#""trace_id":"0af7651916cd43dd8448eb211c80319c""#), "{log}");
    let trace = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes();
    assert!(holds(&trace), "the span belongs to the trace of its caller");
}

//! The log tells what happened, and no secret.

use crate::harness::{PASSWORD, Production, Server, Site, Tokens, address, body};
use serde_json::{Value, json};

/// Signs in with the device token of a login before, in a cookie and in the header; the token.
fn device_token(site: &Site, name: &str) -> String {
    let login = json!({"email": address(name), "password": PASSWORD});
    let log_in = |header: &str, value: &str| {
        let answer = site.post("/api/v1/auth/login", &login).header(header, value).send().unwrap();
        answer.headers()["x-device-token"].to_str().unwrap().to_owned()
    };
    let token = log_in("X-Device-Token", "canary");
    log_in("Cookie", &format!("device={token}"));
    log_in("X-Device-Token", &token);
    token
}

#[test]
fn no_secret_reaches_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let env = [("LOG_FORMAT", "json"), ("RUST_LOG", "trace")];
    let server = Server::start(folder.path(), &env);
    let tokens = server.signed_in("grace");
    let code = server.code(&address("grace"));
    let device = device_token(&server, "grace");
    let next = Tokens::of(&body(server.refresh(&tokens.refresh), 200));
    let wrong = json!({"email": address("grace"), "password": "canary of the mine"});
    body(server.post("/api/v1/auth/login", &wrong).send().unwrap(), 401);
    body(
        server.get("/api/v1/auth/me?token=canary-in-a-query").bearer_auth(&next.access).send().unwrap(),
        200,
    );
    let (success, log) = server.stop();
    assert!(success);
    let mac = tokens.refresh.rsplit('.').next().unwrap();
    for secret in [PASSWORD, "canary", &code, &device, &tokens.access, mac, &next.access, &address("grace")] {
        let line = log.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{secret} stands in the log: {line:?}");
    }
}

#[test]
fn a_request_and_its_mail_share_a_request_id() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[("LOG_FORMAT", "json")]);
    let new = json!({"email": address("grace"), "username": "grace", "password": PASSWORD});
    let answer =
        server.post("/api/v1/auth/register", &new).header("X-Request-Id", "trace-me-42").send().unwrap();
    assert_eq!(answer.headers()["x-request-id"], "trace-me-42");
    server.code(&address("grace"));
    let (_, log) = server.stop();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert!(lines.iter().all(|line| line["timestamp"].as_str().unwrap().ends_with('Z')), "times are in UTC");
    let sent = lines.iter().find(|line| line["message"] == "mail sent").expect("a line about the mail");
    assert_eq!(sent["request_id"], "trace-me-42");
    let request = lines.iter().find(|line| line["span"]["request_id"] == "trace-me-42");
    assert!(request.is_some(), "no line about the request in {log}");
}

/// The same in production mode, where the mail is sent by another process.
#[test]
fn processes_share_request_ids_and_tell_no_secret() {
    let mut site = Production::prepare(&[("RUST_LOG", "trace")]);
    site.add_server();
    let (worker, _) = site.worker();
    let new = json!({"email": address("grace"), "username": "grace", "password": PASSWORD});
    let answer =
        site.post("/api/v1/auth/register", &new).header("X-Request-Id", "trace-me-42").send().unwrap();
    body(answer, 201);
    site.verify("grace");
    let code = site.code(&address("grace"));
    let tokens = site.log_in("grace", PASSWORD);
    let device = device_token(&site, "grace");
    body(site.refresh(&tokens.refresh), 200);
    body(site.me(&tokens), 200);
    let (_, of_worker) = worker.stop();
    let (_, of_server) = site.servers.pop().unwrap().stop();
    let sent = of_worker.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
    let sent =
        sent.filter(|line| line["message"] == "mail sent").find(|line| line["request_id"] == "trace-me-42");
    assert!(sent.is_some(), "the worker's log knows the request");
    let mac = tokens.refresh.rsplit('.').next().unwrap();
    let secret_key = "Zx5Qw8Er2Ty7Ui3Op9As4Df6Gh1Jk0Lc";
    for secret in [PASSWORD, &code, &device, &tokens.access, mac, &address("grace"), secret_key] {
        for log in [&of_server, &of_worker] {
            let line = log.lines().find(|line| line.contains(secret));
            assert!(line.is_none(), "{secret} stands in the log: {line:?}");
        }
    }
}

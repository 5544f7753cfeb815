//! What is written down: enough to find a request again, and nothing that opens a door.

use super::support::{PASSWORD, World, call, get, post};
use evently_auth_domain::error::StoreErrorKind;
use serde_json::{Value, json};
use std::io;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

/// A log that can be read.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Writes down what this thread does until the guard goes.
    fn open(&self) -> tracing::subscriber::DefaultGuard {
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_max_level(tracing::Level::DEBUG)
            .with_writer(self.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }
}

#[actix_web::test]
async fn a_request_is_one_line_that_names_it() {
    let world = World::new().await;
    let log = Log::default();
    let guard = log.open();
    world.send(call("DELETE", "/api/v1/auth/sessions/4711?x=y").header("x-request-id", "find-me")).await;
    drop(guard);
    let lines = log.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let span = &lines[0]["span"];
    assert_eq!(span["request_id"], "find-me");
    assert_eq!(span["http.request.method"], "DELETE");
    assert_eq!(span["http.route"], "/api/v1/auth/sessions/{id}");
    assert_eq!(span["http.response.status_code"], 401);
    assert!(lines[0]["fields"]["duration_us"].is_number());
    assert!(!log.text().contains("4711"));
}

#[actix_web::test]
async fn a_failure_is_logged_once_with_its_cause() {
    let world = World::new().await;
    let (_, token) = world.user("ada").await;
    world.memory.store().fail_next(StoreErrorKind::Unavailable);
    let log = Log::default();
    let guard = log.open();
    world.send(get("/api/v1/auth/me").token(&token)).await.problem(503, "unavailable");
    drop(guard);
    let lines = log.lines();
    let errors: Vec<_> = lines.iter().filter(|line| line["level"] == "ERROR").collect();
    assert_eq!(errors.len(), 1, "{lines:?}");
    assert_eq!(errors[0]["fields"]["error.type"], "unavailable");
    assert!(errors[0]["fields"]["error"].as_str().unwrap().contains("a test asked for this failure"));
    assert!(errors[0]["span"]["request_id"].is_string());
}

#[actix_web::test]
async fn no_secret_is_written_down() {
    let world = World::new().await;
    let log = Log::default();
    let guard = log.open();
    world.register("ada").await.expect(201);
    let code = world.code_for("ada@example.com").await;
    let verify = json!({"email": "ada@example.com", "otp": code});
    world.post("/api/v1/auth/verify-email", verify).await.expect(200);
    let login = json!({"username": "ada", "password": PASSWORD});
    let device = world.send(post("/api/v1/auth/login").json(&login)).await;
    let device = device.header("x-device-token").unwrap().to_owned();
    let again = post("/api/v1/auth/login").header("cookie", &format!("device={device}")).json(&login);
    world.send(again).await.expect(200);
    let again = post("/api/v1/auth/login").header("x-device-token", &device).json(&login);
    world.send(again).await.expect(200);
    let strange = post("/api/v1/auth/login").header("x-device-token", &"canary".repeat(14)).json(&login);
    world.send(strange).await.expect(200);
    let (access, refresh) = world.log_in("ada").await;
    let body = json!({"refresh_token": refresh});
    world.post("/api/v1/auth/refresh", body).await.expect(200);
    let wrong = json!({"username": "ada", "password": "canary-password"});
    world.post("/api/v1/auth/login", wrong).await.problem(401, "invalid-credentials");
    world.send(post("/api/v1/auth/login").json(&json!("canary-password"))).await.problem(422, "validation");
    world.send(get("/api/v1/auth/me?token=canary-query").token(&access)).await.expect(200);
    world.send(get("/api/v1/auth/me").token("canary.token.x")).await.problem(401, "invalid-token");
    world.send(get("/canary-path")).await.problem(404, "not-found");
    drop(guard);
    let text = log.text();
    assert!(log.lines().len() >= 9);
    let secrets = [PASSWORD, &code, &access, &refresh, &device, "canary", "ada@example.com"];
    for secret in secrets {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[actix_web::test]
async fn nothing_that_is_sent_adds_a_line() {
    let world = World::new().await;
    let log = Log::default();
    let guard = log.open();
    let forged = "\t {\"level\":\"ERROR\"}";
    for path in
        ["/x%0a%7B%22level%22%3A%22ERROR%22%7D", "/health/live?x=%0d%0aforged", "/api/v1/auth/sessions/%0a"]
    {
        let request = get(path).header("user-agent", forged).header("x-request-id", forged);
        world.send(request.header("traceparent", forged)).await;
    }
    let body = json!({"username": "ada\n{\"level\":\"ERROR\"}", "password": "x\r\ny"});
    world.send(post("/api/v1/auth/login").json(&body)).await;
    drop(guard);
    let lines = log.lines();
    assert_eq!(lines.len(), 4, "a line each: {lines:?}");
    assert!(lines.iter().all(|line| line["level"] == "INFO"), "{lines:?}");
}

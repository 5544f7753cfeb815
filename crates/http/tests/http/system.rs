//! Health, information, metrics.

use super::support::{There, World, call};
use async_trait::async_trait;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::Probe;
use evently_auth_http::{Probes, metrics_recorder};
use serde_json::{Value, json};
use std::sync::Arc;

/// A dependency that is away.
struct Away;

#[async_trait]
impl Probe for Away {
    async fn probe(&self) -> Result<(), StoreError> {
        Err(StoreError::unavailable("secret-host:5432 refused"))
    }
}

/// A dependency that does not answer at all.
struct Silent;

#[async_trait]
impl Probe for Silent {
    async fn probe(&self) -> Result<(), StoreError> {
        std::future::pending().await
    }
}

async fn health(database: Arc<dyn Probe>, redis: Option<Arc<dyn Probe>>, status: u16) -> Value {
    let world = World::with(|state| state.probes = Probes { database, redis }).await;
    let answer = world.get("/health").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let mut body = answer.expect(status);
    for check in body["checks"].as_object_mut().unwrap().values_mut() {
        assert!(check["latency_ms"].take().as_f64().unwrap() >= 0.0);
    }
    body
}

#[actix_web::test]
async fn health_tells_of_each_dependency() {
    let expected = |status: &str, database: &str, redis: &str| {
        let mut checks = json!({"database": {"status": database, "latency_ms": null}});
        if redis != "embedded" {
            checks["redis"] = json!({"status": redis, "latency_ms": null});
        }
        json!({"status": status, "service": "auth-service", "version": env!("CARGO_PKG_VERSION"),
            "database": database, "redis": redis, "checks": checks})
    };
    let up = || Arc::new(There) as Arc<dyn Probe>;
    let away = || Arc::new(Away) as Arc<dyn Probe>;
    assert_eq!(health(up(), None, 200).await, expected("healthy", "connected", "embedded"));
    assert_eq!(health(up(), Some(up()), 200).await, expected("healthy", "connected", "connected"));
    assert_eq!(health(up(), Some(away()), 200).await, expected("degraded", "connected", "disconnected"));
    assert_eq!(health(away(), Some(up()), 503).await, expected("unhealthy", "disconnected", "connected"));
    assert_eq!(health(away(), None, 503).await, expected("unhealthy", "disconnected", "embedded"));
}

#[actix_web::test]
async fn a_silent_dependency_is_given_two_seconds() {
    tokio::time::pause();
    let started = tokio::time::Instant::now();
    let body = health(Arc::new(Silent), Some(Arc::new(Silent)), 503).await;
    assert_eq!((&body["database"], &body["redis"]), (&json!("disconnected"), &json!("disconnected")));
    let waited = started.elapsed();
    assert!((2.0..2.5).contains(&waited.as_secs_f64()), "{waited:?}");
}

#[actix_web::test]
async fn readiness_goes_by_the_database_and_liveness_by_nothing() {
    let world = World::with(|state| state.probes.database = Arc::new(Away)).await;
    assert_eq!(world.get("/health/live").await.expect(200), json!({"status": "alive"}));
    assert_eq!(world.get("/health/ready").await.expect(503), json!({"status": "not_ready"}));
    let world = World::new().await;
    assert_eq!(world.get("/health/ready").await.expect(200), json!({"status": "ready"}));
}

#[actix_web::test]
async fn information_leads_to_routes_that_are_there() {
    let world = World::new().await;
    let info = world.get("/info").await.expect(200);
    assert_eq!(info["service"], "auth-service");
    assert_eq!(info["version"], env!("CARGO_PKG_VERSION"));
    assert!(info["features"].as_array().unwrap().len() > 3);
    for (name, path) in info["endpoints"].as_object().unwrap() {
        if !matches!(name.as_str(), "auth" | "admin") {
            assert_eq!(world.get(path.as_str().unwrap()).await.status, 200, "{name}");
        }
    }
    let welcome = world.get("/").await.expect(200);
    assert_eq!((&welcome["docs"], &welcome["health"]), (&json!("/docs"), &json!("/health")));
}

#[actix_web::test]
async fn the_document_is_served_as_it_is_exported() {
    let answer = World::new().await.get("/openapi.json").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.body, evently_auth_http::openapi_json().into_bytes());
}

#[actix_web::test]
async fn requests_are_measured_by_route_and_never_by_path() {
    let recorder = metrics_recorder().unwrap();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).unwrap();
    let world = World::with(|state| state.metrics = handle).await;
    world.get("/api/v1/auth/me?secret=hunter2").await;
    world.get("/nowhere/hunter2").await;
    world.send(call("DELETE", "/api/v1/auth/sessions/4711")).await;
    world.send(call("BREW", "/health/live")).await;
    for _ in 0..6 {
        let login = json!({"username": "nobody", "password": "hunter2"});
        world.send(call("POST", "/api/v1/auth/login").json(&login).from("192.0.2.1")).await;
    }
    let answer = world.get("/metrics").await;
    assert!(answer.header("content-type").unwrap().starts_with("text/plain"));
    let text = String::from_utf8(answer.body).unwrap();
    for labels in [
        r#"http_request_method="GET",http_route="/api/v1/auth/me",http_response_status_code="401""#,
        r#"http_request_method="GET",http_route="unmatched",http_response_status_code="404""#,
        r#"http_request_method="DELETE",http_route="/api/v1/auth/sessions/{id}",http_response_status_code="401""#,
        r#"http_request_method="_OTHER",http_route="/health/live",http_response_status_code="405""#,
    ] {
        assert!(
            text.contains(&format!("http_server_request_duration_seconds_count{{{labels}}} 1")),
            "{labels}\n{text}"
        );
    }
    for (decision, times) in [("admitted", 5), ("refused", 1)] {
        let line = format!(
            r#"evently_auth_rate_limit_decisions_total{{limit="login",decision="{decision}"}} {times}"#
        );
        assert!(text.contains(&line), "{line}\n{text}");
    }
    assert!(text.contains("le=\"0.005\""));
    assert!(!text.contains("hunter2") && !text.contains("4711"));
}

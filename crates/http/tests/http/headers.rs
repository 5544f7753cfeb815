//! Headers of answers: request ids, CORS, methods.

use super::openapi::operations;
use super::support::{World, call, get, post};
use std::sync::Arc;

#[actix_web::test]
async fn a_sane_request_id_is_taken_over_everywhere() {
    let world = World::new().await;
    for (method, path) in
        [("GET", "/health/live"), ("GET", "/nowhere"), ("PATCH", "/info"), ("POST", "/api/v1/auth/login")]
    {
        let answer = world.send(call(method, path).header("x-request-id", "trace-1.a_b")).await;
        assert_eq!(answer.header("x-request-id"), Some("trace-1.a_b"));
        if answer.status >= 400 {
            assert_eq!(answer.json()["instance"], "/requests/trace-1.a_b");
        }
        for strange in ["", "a b", "<b>", &"x".repeat(129)] {
            let answer = world.send(call(method, path).header("x-request-id", strange)).await;
            assert_eq!(answer.header("x-request-id").unwrap().len(), 36);
        }
    }
    let ids = [world.get("/").await, world.get("/").await]
        .map(|answer| answer.header("x-request-id").unwrap().to_owned());
    assert_ne!(ids[0], ids[1]);
}

#[actix_web::test]
async fn other_methods_are_405_and_told_which_ones_there_are() {
    let world = World::new().await;
    let all = operations();
    for operation in &all {
        let methods: Vec<&str> = all
            .iter()
            .filter(|other| other.template == operation.template)
            .map(|other| other.method.as_str())
            .collect();
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
            if methods.contains(&method) {
                continue;
            }
            let answer = world.send(call(method, &operation.path())).await;
            answer.problem(405, "method-not-allowed");
            let allow: Vec<_> = answer.header("allow").unwrap().split(", ").collect();
            for known in &methods {
                assert!(allow.contains(known), "{} {allow:?}", operation.template);
            }
            assert_eq!(allow.contains(&"HEAD"), methods.contains(&"GET"));
            assert!(!allow.contains(&method));
        }
    }
}

#[actix_web::test]
async fn head_is_get() {
    let world = World::new().await;
    assert_eq!(world.send(call("HEAD", "/health")).await.status, 200);
    assert_eq!(world.send(call("HEAD", "/api/v1/auth/me")).await.status, 401);
}

const OURS: &str = "https://app.example.com";

async fn with_origins() -> World {
    World::with(|state| state.cors_origins = Arc::new([OURS.to_owned(), "http://localhost:3000".to_owned()]))
        .await
}

fn cors_headers(answer: &super::support::Answer) -> Vec<String> {
    let names = answer.headers.keys().map(|name| name.as_str().to_owned());
    names.filter(|name| name.starts_with("access-control-")).collect()
}

#[actix_web::test]
async fn listed_origins_may_read_answers_and_errors() {
    let world = with_origins().await;
    for path in ["/health/live", "/api/v1/auth/me", "/nowhere"] {
        let answer = world.send(get(path).header("origin", OURS)).await;
        assert_eq!(answer.header("access-control-allow-origin"), Some(OURS));
        assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
        let exposed = answer.header("access-control-expose-headers").unwrap();
        for name in ["x-request-id", "x-ratelimit-remaining", "link", "x-total-count", "retry-after"] {
            assert!(exposed.contains(name), "{exposed}");
        }
        assert!(answer.header("vary").unwrap().to_lowercase().contains("origin"));
    }
}

#[actix_web::test]
async fn listed_origins_may_ask_before() {
    let world = with_origins().await;
    let preflight = |origin: &str, headers: &str| {
        call("OPTIONS", "/api/v1/auth/me")
            .header("origin", origin)
            .header("access-control-request-method", "PUT")
            .header("access-control-request-headers", headers)
    };
    let answer = world.send(preflight(OURS, "authorization,content-type")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some(OURS));
    assert!(answer.header("access-control-allow-methods").unwrap().contains("PUT"));
    let answer = world.send(preflight("https://evil.example", "authorization")).await;
    answer.problem(400, "bad-request");
    assert!(cors_headers(&answer).is_empty(), "{:?}", cors_headers(&answer));
}

#[actix_web::test]
async fn foreign_origins_are_served_without_a_word_of_cors() {
    let world = with_origins().await;
    for origin in
        ["https://evil.example", "null", "https://app.example.com.evil.example", "http://app.example.com"]
    {
        let answer = world.send(get("/health/live").header("origin", origin)).await;
        assert_eq!(answer.status, 200);
        assert!(cors_headers(&answer).is_empty(), "{:?}", cors_headers(&answer));
        assert!(answer.header("vary").unwrap().contains("Origin"));
    }
    assert!(world.get("/health/live").await.header("vary").unwrap().contains("Origin"));
}

#[actix_web::test]
async fn without_a_list_there_is_no_cors() {
    let world = World::new().await;
    let answer = world.send(get("/health/live").header("origin", OURS)).await;
    assert_eq!(answer.status, 200);
    assert!(cors_headers(&answer).is_empty());
    let preflight =
        call("OPTIONS", "/health/live").header("origin", OURS).header("access-control-request-method", "GET");
    world.send(preflight).await.problem(405, "method-not-allowed");
}

#[actix_web::test]
async fn tokens_are_never_kept_by_caches() {
    let world = World::new().await;
    world.account("ada").await;
    let body = serde_json::json!({"username": "ada", "password": super::support::PASSWORD});
    let answer = world.send(post("/api/v1/auth/login").json(&body)).await;
    answer.expect(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[actix_web::test]
async fn browsers_are_told_what_not_to_do_with_any_answer() {
    let world = World::with(|state| state.https = true).await;
    let plain = World::new().await;
    for (method, path) in [
        ("GET", "/health/live"),
        ("GET", "/api/v1/auth/me"),
        ("POST", "/api/v1/auth/login"),
        ("GET", "/nowhere"),
        ("PATCH", "/info"),
        ("GET", "/docs"),
        ("GET", "/docs/docs.js"),
        ("GET", "/problems/not-found"),
    ] {
        let answer = world.send(call(method, path)).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path} {name}");
        }
        let policy = answer.header("content-security-policy").unwrap();
        for directive in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(directive), "{path} {policy}");
        }
        assert!(!policy.contains("object-src") && !policy.contains("unsafe"), "{path} {policy}");
        let answer = plain.send(call(method, path)).await;
        assert_eq!(answer.header("strict-transport-security"), None, "by HTTP nobody may say so");
    }
}

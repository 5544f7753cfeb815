//! Device tokens as clients see them: the cookie, the header, and what they are worth while strangers are throttled.

use super::support::{Answer, Call, PASSWORD, World, call, post};
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use serde_json::{Value, json};
use std::sync::Arc;

const LOGIN: &str = "/api/v1/auth/login";

fn attempt(name: &str, password: &str) -> Call {
    post(LOGIN).json(&json!({"username": name, "password": password}))
}

/// The device token of a login, which has to be in both places.
#[track_caller]
fn token(answer: &Answer) -> String {
    answer.expect(200);
    let token = answer.header("x-device-token").expect("a device token").to_owned();
    assert_eq!(cookie(answer).value(), token);
    token
}

#[track_caller]
fn cookie(answer: &Answer) -> Cookie<'_> {
    let set: Vec<_> = answer.headers.get_all("set-cookie").collect();
    assert_eq!(set.len(), 1, "{set:?}");
    Cookie::parse(set[0].to_str().unwrap()).unwrap()
}

/// Grace and Ada with a device each; then a hundred failures with Grace's account, each from an address of its own.
async fn under_attack() -> (World, String, String) {
    let world = World::new().await;
    let mut devices = Vec::new();
    for name in ["grace", "ada"] {
        world.account(name).await;
        devices.push(token(&world.send(attempt(name, PASSWORD)).await));
    }
    for _ in 0..100 {
        world.send(attempt("grace", "not my password")).await.problem(401, "invalid-credentials");
    }
    let refused = world.send(attempt("grace", PASSWORD)).await;
    refused.problem(429, "rate-limited");
    assert_eq!(
        (refused.header("x-ratelimit-limit"), refused.header("retry-after")),
        (Some("100"), Some("900"))
    );
    let ada = devices.pop().unwrap();
    (world, devices.pop().unwrap(), ada)
}

#[actix_web::test]
async fn the_cookie_is_kept_from_scripts_and_other_sites_and_sent_to_the_login_alone() {
    let world = World::new().await;
    world.account("grace").await;
    let answer = world.send(attempt("grace", PASSWORD)).await;
    let value = token(&answer);
    let cookie = cookie(&answer);
    assert_eq!((cookie.name(), cookie.value(), cookie.path()), ("device", value.as_str(), Some(LOGIN)));
    assert_eq!((cookie.http_only(), cookie.secure()), (Some(true), Some(true)));
    assert_eq!((cookie.same_site(), cookie.domain()), (Some(SameSite::Strict), None));
    assert_eq!(cookie.max_age(), Some(Duration::days(400)));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[actix_web::test]
async fn nothing_but_a_login_that_succeeds_gives_a_device_token() {
    let world = World::new().await;
    world.register("pending").await.expect(201);
    world.account("grace").await;
    let (_, refresh) = world.log_in("grace").await;
    for (request, status) in [
        (post("/api/v1/auth/refresh").json(&json!({"refresh_token": refresh})), 200),
        (attempt("grace", "not my password"), 401),
        (attempt("nobody", PASSWORD), 401),
        (attempt("pending", PASSWORD), 403),
        (post(LOGIN).json(&json!({})), 422),
    ] {
        let answer = world.send(request).await;
        assert_eq!(answer.status, status);
        assert!(!answer.headers.contains_key("set-cookie") && !answer.headers.contains_key("x-device-token"));
    }
}

#[actix_web::test]
async fn a_known_device_gets_in_at_once_while_strangers_wait() {
    let (world, device, _) = under_attack().await;
    let by_header = world.send(attempt("grace", PASSWORD).header("x-device-token", &device)).await;
    let renewed = token(&by_header);
    for cookies in [
        format!("device={device}"),
        format!("theme=dark; device={renewed}; lang=en"),
        format!("device=garbage; device={device}"),
        format!("a mangled one; =; \"; device={device}"),
    ] {
        let by_cookie = world.send(attempt("grace", PASSWORD).header("cookie", &cookies)).await;
        by_cookie.expect(200);
    }
    let in_two_lines =
        attempt("grace", PASSWORD).header("cookie", "device=x").header("cookie", &format!("device={device}"));
    world.send(in_two_lines).await.expect(200);
    world.send(attempt("grace", PASSWORD)).await.problem(429, "rate-limited");
}

#[actix_web::test]
async fn what_is_no_token_of_the_account_makes_a_stranger() {
    let (world, device, of_ada) = under_attack().await;
    let mut forged = device.clone().into_bytes();
    forged[0] = if forged[0] == b'B' { b'C' } else { b'B' };
    let forged = String::from_utf8(forged).unwrap();
    for strange in
        ["", "x", &forged, &of_ada, &format!("{device}="), &format!("\"{device}\""), &"A".repeat(10_000)]
    {
        let by_header = world.send(attempt("grace", PASSWORD).header("x-device-token", strange)).await;
        by_header.problem(429, "rate-limited");
        let by_cookie =
            world.send(attempt("grace", PASSWORD).header("cookie", &format!("device={strange}"))).await;
        assert_eq!(by_cookie.status, if strange.starts_with('"') { 200 } else { 429 }, "{strange:.90}");
    }
    // The header wins, also where it is worth nothing.
    let both = attempt("grace", PASSWORD)
        .header("x-device-token", &of_ada)
        .header("cookie", &format!("device={device}"));
    world.send(both).await.problem(429, "rate-limited");
    let both = attempt("grace", PASSWORD).header("x-device-token", &device).header("cookie", "device=x");
    world.send(both).await.expect(200);
}

#[actix_web::test]
async fn a_device_is_told_of_its_own_limit() {
    let (world, device, _) = under_attack().await;
    for left in ["4", "3", "2", "1", "0"] {
        let answer = world.send(attempt("grace", "not my password").header("x-device-token", &device)).await;
        answer.problem(401, "invalid-credentials");
        assert_eq!(answer.header("x-ratelimit-limit"), Some("5"));
        assert_eq!(answer.header("x-ratelimit-remaining"), Some(left));
    }
    let refused = world.send(attempt("grace", PASSWORD).header("x-device-token", &device)).await;
    refused.problem(429, "rate-limited");
    assert_eq!(refused.header("x-ratelimit-limit"), Some("5"));
}

#[actix_web::test]
async fn scripts_of_listed_origins_may_send_and_read_the_header() {
    let origin = "https://app.example.com";
    let world = World::with(|state| state.cors_origins = Arc::new([origin.to_owned()])).await;
    let preflight = call("OPTIONS", LOGIN)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,x-device-token");
    let answer = world.send(preflight).await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("access-control-allow-headers").unwrap().contains("x-device-token"));
    world.account("grace").await;
    let answer = world.send(attempt("grace", PASSWORD).header("origin", origin)).await;
    assert!(answer.header("access-control-expose-headers").unwrap().contains("x-device-token"));
    token(&answer);
}

#[test]
fn the_document_tells_of_both() {
    let document: Value = serde_json::from_str(&evently_auth_http::openapi_json()).unwrap();
    let login = &document["paths"][LOGIN]["post"];
    let parameters = login["parameters"].as_array().unwrap();
    let places = parameters.iter().map(|it| (it["in"].as_str().unwrap(), it["name"].as_str().unwrap()));
    assert_eq!(places.collect::<Vec<_>>(), [("header", "X-Device-Token"), ("cookie", "device")]);
    assert!(parameters.iter().all(|parameter| parameter["required"] == false));
    let headers = &login["responses"]["200"]["headers"];
    assert!(headers["X-Device-Token"].is_object() && headers["Set-Cookie"].is_object());
}

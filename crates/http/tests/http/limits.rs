//! Limits as callers see them: the headers, the refusal, and whom an address belongs to.

use super::support::{Answer, PASSWORD, World, get, post};
use chrono::TimeDelta;
use serde_json::{Value, json};

fn limit(answer: &Answer) -> [u64; 3] {
    ["limit", "remaining", "reset"].map(|name| {
        let value = answer.header(&format!("x-ratelimit-{name}"));
        value.unwrap_or_else(|| panic!("x-ratelimit-{name} at {}", answer.status)).parse().unwrap()
    })
}

fn registration(n: u64) -> Value {
    json!({"email": format!("user{n}@example.com"), "username": format!("user{n}"), "password": PASSWORD})
}

#[actix_web::test]
async fn registrations_are_counted_by_address_and_valid_ones_alone() {
    let world = World::new().await;
    let from = "192.0.2.7";
    let register = async |body: &Value| world.send(post("/api/v1/auth/register").from(from).json(body)).await;
    for _ in 0..5 {
        let answer = register(&json!({})).await;
        answer.problem(422, "validation");
        assert_eq!(limit(&answer), [3, 3, 0]);
    }
    for (n, left) in [(1, 2), (2, 1), (3, 0)] {
        // The oldest one is the first to count no more.
        let reset = 910 - 10 * n;
        let answer = register(&registration(n)).await;
        answer.expect(201);
        assert_eq!(limit(&answer), [3, left, reset]);
        world.clock.advance(TimeDelta::seconds(10));
        let invalid = register(&json!({})).await;
        assert_eq!(limit(&invalid), [3, left, reset - 10]);
    }
    let answer = register(&registration(4)).await;
    answer.problem(429, "rate-limited");
    assert_eq!(limit(&answer), [3, 0, 870]);
    assert_eq!(answer.header("retry-after"), Some("870"));
    let neighbour = world.send(post("/api/v1/auth/register").from("192.0.2.8").json(&registration(4))).await;
    neighbour.expect(201);
    world.clock.advance(TimeDelta::seconds(869));
    register(&registration(5)).await.problem(429, "rate-limited");
    world.clock.advance(TimeDelta::seconds(1));
    register(&registration(5)).await.expect(201);
}

#[actix_web::test]
async fn every_answer_of_a_limited_route_tells_where_the_caller_stands() {
    let world = World::new().await;
    for route in ["register", "verify-email", "resend-otp", "login", "forgot-password", "reset-password"] {
        let path = format!("/api/v1/auth/{route}");
        for (request, status) in [
            (post(&path).header("content-type", "application/json").bytes("{"), 400),
            (post(&path).bytes("x"), 415),
            (post(&path).header("content-type", "application/json").bytes(vec![b' '; 70_000]), 413),
            (post(&path).json(&json!({})), 422),
        ] {
            let answer = world.send(request).await;
            assert_eq!(answer.status, status);
            let [limit, remaining, reset] = limit(&answer);
            assert_eq!((limit, reset), (remaining, 0), "{route} counts nothing");
        }
    }
    let answer = world.get("/api/v1/auth/me").await;
    assert_eq!(answer.header("x-ratelimit-limit"), None);
}

#[actix_web::test]
async fn codes_are_guessed_five_times_in_five_minutes() {
    let world = World::new().await;
    let guess = json!({"email": "ada@example.com", "otp": "000000"});
    let attempt = async |path: &str| world.send(post(path).from("192.0.2.7").json(&guess)).await;
    for left in [4, 3, 2, 1, 0] {
        let answer = attempt("/api/v1/auth/verify-email").await;
        answer.problem(400, "invalid-code");
        assert_eq!(limit(&answer), [5, left, 300]);
    }
    attempt("/api/v1/auth/verify-email").await.problem(429, "rate-limited");
}

#[actix_web::test]
async fn failed_logins_are_limited_for_the_account_and_the_address() {
    let world = World::new().await;
    world.account("ada").await;
    let login = async |from: &str, password: &str| {
        let body = json!({"username": "ada", "password": password});
        world.send(post("/api/v1/auth/login").from(from).json(&body)).await
    };
    for left in [4, 3, 2, 1, 0] {
        let answer = login("192.0.2.7", "not my password").await;
        answer.problem(401, "invalid-credentials");
        assert_eq!(limit(&answer)[..2], [5, left]);
    }
    let refused = login("192.0.2.7", PASSWORD).await;
    refused.problem(429, "rate-limited");
    assert_eq!(refused.header("retry-after"), Some("900"));
    login("192.0.2.8", PASSWORD).await.expect(200);
}

#[actix_web::test]
async fn codes_are_mailed_three_times_in_ten_minutes() {
    let world = World::new().await;
    for path in ["/api/v1/auth/resend-otp", "/api/v1/auth/forgot-password"] {
        let email = json!({"email": format!("{}@example.com", path.len())});
        for left in [2, 1, 0] {
            let answer = world.post(path, email.clone()).await;
            answer.expect(200);
            assert_eq!(limit(&answer), [3, left, 600]);
        }
        let answer = world.post(path, email).await;
        answer.problem(429, "rate-limited");
        assert_eq!(answer.header("retry-after"), Some("600"));
    }
}

#[actix_web::test]
async fn passwords_are_guessed_five_times() {
    let world = World::new().await;
    let (_, token) = world.user("ada").await;
    let body = json!({"current_password": "not my password", "new_password": "seventeen purple kites"});
    let invalid = world.send(post("/api/v1/auth/change-password").token(&token).json(&json!({}))).await;
    invalid.problem(422, "validation");
    assert_eq!(limit(&invalid), [5, 5, 0], "told, and not counted");
    let change = async || world.send(post("/api/v1/auth/change-password").token(&token).json(&body)).await;
    for left in [4, 3, 2, 1, 0] {
        let answer = change().await;
        let problem = answer.problem(400, "wrong-password");
        assert_eq!(problem["detail"], "Invalid current password");
        assert_eq!(limit(&answer)[..2], [5, left]);
    }
    change().await.problem(429, "rate-limited");
}

#[actix_web::test]
async fn an_address_is_believed_of_trusted_proxies_alone() {
    let trusting = World::new().await;
    let wary = World::with(|state| state.trusted_proxies = std::sync::Arc::new([])).await;
    for (world, remaining) in [(trusting, 2), (wary, 1)] {
        let register =
            async |n, from| world.send(post("/api/v1/auth/register").from(from).json(&registration(n))).await;
        register(1, "192.0.2.1").await.expect(201);
        let answer = register(2, "192.0.2.2").await;
        assert_eq!(limit(&answer)[1], remaining);
    }
}

#[actix_web::test]
async fn sessions_remember_the_address_and_the_user_agent() {
    let world = World::new().await;
    world.account("ada").await;
    let body = json!({"username": "ada", "password": PASSWORD});
    let login = post("/api/v1/auth/login").from("192.0.2.99").header("user-agent", "kites/1.0").json(&body);
    let tokens = world.send(login).await.expect(200);
    let sessions = get("/api/v1/auth/sessions").token(tokens["access_token"].as_str().unwrap());
    let sessions = world.send(sessions).await.expect(200);
    assert_eq!(
        (&sessions[0]["ip_address"], &sessions[0]["user_agent"]),
        (&json!("192.0.2.99"), &json!("kites/1.0"))
    );
}

//! When something breaks: 503 or 500, said in other words than the log's, and never 401.

use super::openapi::operations;
use super::support::{PASSWORD, World, call, get};
use evently_auth_domain::error::StoreErrorKind;
use serde_json::json;

#[actix_web::test]
async fn a_store_that_is_away_is_503_and_worth_another_try() {
    let world = World::new().await;
    let (_, token) = world.admin("root").await;
    for kind in [StoreErrorKind::Unavailable, StoreErrorKind::Contention] {
        for operation in operations().iter().filter(|operation| operation.is_protected()) {
            world.memory.store().fail_next(kind);
            let answer =
                world.send(call(&operation.method, &operation.path()).token(&token).bytes("{")).await;
            let problem = answer.problem(503, "unavailable");
            assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
            assert!(!problem["detail"].as_str().unwrap().contains("a test asked"), "{}", operation.name());
        }
    }
}

#[actix_web::test]
async fn public_routes_say_the_same() {
    let world = World::new().await;
    world.account("ada").await;
    let (_, refresh) = world.log_in("ada").await;
    let (email, password) = ("ada@example.com", "seventeen purple kites");
    for (route, body) in [
        ("register", json!({"email": "a@example.com", "username": "abc", "password": PASSWORD})),
        ("verify-email", json!({"email": email, "otp": "000000"})),
        ("resend-otp", json!({"email": email})),
        ("login", json!({"email": email, "password": PASSWORD})),
        ("refresh", json!({"refresh_token": refresh})),
        ("forgot-password", json!({"email": email})),
        ("reset-password", json!({"email": email, "otp": "000000", "new_password": password})),
    ] {
        world.memory.store().fail_next(StoreErrorKind::Unavailable);
        world.post(&format!("/api/v1/auth/{route}"), body).await.problem(503, "unavailable");
    }
}

#[actix_web::test]
async fn without_redis_codes_are_503_and_the_rest_is_served() {
    let world = World::new().await;
    let (_, token) = world.user("ada").await;
    world.memory.outage().begin();
    let (email, new_password) = ("ada@example.com", "seventeen purple kites");
    for (route, body) in [
        ("register", json!({"email": "a@example.com", "username": "abc", "password": PASSWORD})),
        ("verify-email", json!({"email": email, "otp": "000000"})),
        ("resend-otp", json!({"email": email})),
        ("forgot-password", json!({"email": email})),
        ("reset-password", json!({"email": email, "otp": "000000", "new_password": new_password})),
    ] {
        let answer = world.post(&format!("/api/v1/auth/{route}"), body).await;
        answer.problem(503, "unavailable");
        assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() > 0, "{route}");
    }
    let change = json!({"current_password": PASSWORD, "new_password": new_password});
    world.send(call("POST", "/api/v1/auth/change-password").token(&token).json(&change)).await.expect(200);
    let login = json!({"email": email, "password": new_password});
    let tokens = world.post("/api/v1/auth/login", login).await.expect(200);
    world.post("/api/v1/auth/refresh", json!({"refresh_token": tokens["refresh_token"]})).await.expect(200);
    for route in ["me", "sessions"] {
        world.send(get(&format!("/api/v1/auth/{route}")).token(&token)).await.expect(200);
    }
}

#[actix_web::test]
async fn stored_nonsense_is_500() {
    let world = World::new().await;
    let (_, token) = world.user("ada").await;
    world.memory.store().fail_next(StoreErrorKind::Corrupt);
    world.send(get("/api/v1/auth/me").token(&token)).await.problem(500, "internal");
    world.send(get("/api/v1/auth/me").token(&token)).await.expect(200);
}

#[actix_web::test]
async fn too_many_passwords_at_once_are_503_overloaded() {
    let world = World::new().await;
    let (_, token) = world.user("ada").await;
    world.memory.password_hasher().set_overloaded(true);
    let new = json!({"current_password": PASSWORD, "new_password": "seventeen purple kites"});
    let answers = [
        world.post("/api/v1/auth/login", json!({"username": "ada", "password": PASSWORD})).await,
        world.register("grace").await,
        world.send(call("POST", "/api/v1/auth/change-password").token(&token).json(&new)).await,
    ];
    for answer in answers {
        answer.problem(503, "overloaded");
        assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
    }
}

//! One's own account and sessions.

use super::support::{PASSWORD, World, call, get, post};
use serde_json::{Value, json};

async fn update(world: &World, token: &str, body: Value) -> super::support::Answer {
    world.send(call("PUT", "/api/v1/auth/me").token(token).json(&body)).await
}

#[actix_web::test]
async fn absent_members_stay_and_null_clears() {
    let world = World::new().await;
    let (_, token) = world.user("ada").await;
    let me =
        update(&world, &token, json!({"full_name": "Zoe\u{308}", "username": "Lovelace"})).await.expect(200);
    assert_eq!((&me["full_name"], &me["username"]), (&json!("Zoë"), &json!("lovelace")));
    let me = update(&world, &token, json!({})).await.expect(200);
    assert_eq!((&me["full_name"], &me["username"]), (&json!("Zoë"), &json!("lovelace")));
    let me = update(&world, &token, json!({"full_name": null})).await.expect(200);
    assert_eq!(me["full_name"], Value::Null);
    let read = world.send(get("/api/v1/auth/me").token(&token)).await.expect(200);
    assert_eq!(read, me);
}

#[actix_web::test]
async fn a_taken_username_is_a_conflict() {
    let world = World::new().await;
    world.account("grace").await;
    let (_, token) = world.user("ada").await;
    update(&world, &token, json!({"username": "GRACE"})).await.problem(409, "account-exists");
}

#[actix_web::test]
async fn a_new_address_waits_for_its_code() {
    let world = World::new().await;
    world.account("grace").await;
    let (_, token) = world.user("ada").await;
    let new = "lovelace@example.com";
    let no_password = update(&world, &token, json!({"email": new})).await;
    assert_eq!(no_password.faults(), ["current_password required"]);
    let wrong = json!({"email": new, "current_password": "not my password"});
    update(&world, &token, wrong).await.problem(400, "wrong-password");
    let taken = json!({"email": "grace@example.com", "current_password": PASSWORD});
    let taken = update(&world, &token, taken).await.expect(200);
    assert_eq!(taken["pending_email"], "grace@example.com");
    let me = update(&world, &token, json!({"email": new, "current_password": PASSWORD})).await.expect(200);
    assert_eq!((&me["email"], &me["pending_email"]), (&json!("ada@example.com"), &json!(new)));
    let code = world.code_for(new).await;
    world.post("/api/v1/auth/verify-email", json!({"email": new, "otp": code})).await.expect(200);
    let me = world.send(get("/api/v1/auth/me").token(&token)).await.expect(200);
    assert_eq!((&me["email"], &me["pending_email"]), (&json!(new), &Value::Null));
}

#[actix_web::test]
async fn a_changed_password_ends_the_other_sessions() {
    let world = World::new().await;
    world.account("ada").await;
    let ((mine, _), (other, _)) = (world.log_in("ada").await, world.log_in("ada").await);
    let body = |current: &str, new: &str| json!({"current_password": current, "new_password": new});
    let change =
        async |body: Value| world.send(post("/api/v1/auth/change-password").token(&mine).json(&body)).await;
    assert_eq!(change(body(PASSWORD, "password")).await.faults(), ["new_password too_common"]);
    assert_eq!(
        change(body(PASSWORD, "7 kites for ada 7")).await.faults(),
        ["new_password contains_identity"]
    );
    let done = change(body(PASSWORD, "seventeen purple kites")).await.expect(200);
    assert_eq!(done, json!({"message": "Password changed successfully", "success": true}));
    world.send(get("/api/v1/auth/me").token(&mine)).await.expect(200);
    world.send(get("/api/v1/auth/me").token(&other)).await.problem(401, "invalid-token");
}

#[actix_web::test]
async fn sessions_are_listed_and_ended() {
    let world = World::new().await;
    let (_, stranger) = world.user("grace").await;
    let id = world.account("ada").await;
    let (first, _) = world.log_in("ada").await;
    world.clock.advance(chrono::TimeDelta::seconds(1));
    let (second, _) = world.log_in("ada").await;
    let list = async |token: &str| world.send(get("/api/v1/auth/sessions").token(token)).await.expect(200);
    let sessions = list(&second).await;
    assert_eq!(sessions.as_array().unwrap().len(), 2);
    let newest = sessions[0].as_object().unwrap();
    let members: Vec<_> = newest.keys().map(String::as_str).collect();
    assert_eq!(
        members,
        [
            "created_at",
            "current",
            "expires_at",
            "id",
            "ip_address",
            "is_active",
            "last_accessed",
            "user_agent",
            "user_id"
        ]
    );
    assert_eq!((&newest["current"], &newest["user_id"]), (&json!(true), &json!(id)));
    assert_eq!(newest["expires_at"], "2026-01-08T00:00:01.000000Z");
    assert_eq!(sessions[1]["current"], false);

    let path = format!("/api/v1/auth/sessions/{}", sessions[1]["id"]);
    world.send(call("DELETE", &path).token(&stranger)).await.problem(404, "not-found");
    let done = world.send(call("DELETE", &path).token(&second)).await.expect(200);
    assert_eq!(done, json!({"message": "Session revoked successfully", "success": true}));
    world.send(call("DELETE", &path).token(&second)).await.problem(404, "not-found");
    world.send(get("/api/v1/auth/me").token(&first)).await.problem(401, "invalid-token");

    let (third, _) = world.log_in("ada").await;
    let done = world.send(call("DELETE", "/api/v1/auth/sessions").token(&second)).await.expect(200);
    assert_eq!(done["success"], true);
    world.send(get("/api/v1/auth/me").token(&third)).await.problem(401, "invalid-token");
    assert_eq!(list(&second).await.as_array().unwrap().len(), 1);
}

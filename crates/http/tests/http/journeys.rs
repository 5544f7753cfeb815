//! Registration, verification, login, refresh, recovery: bodies to the letter of the contract.

use super::support::{PASSWORD, World, call, get, post};
use chrono::TimeDelta;
use serde_json::{Value, json};

const NEW_PASSWORD: &str = "seventeen purple kites";

#[actix_web::test]
async fn registration_answers_with_the_account() {
    let world = World::new().await;
    let body =
        json!({"email": " Ada@Example.COM ", "username": "Ada", "full_name": "  ", "password": PASSWORD});
    let mut user = world.post("/api/v1/auth/register", body).await.expect(201);
    assert!(user["id"].take().as_i64().unwrap() > 0);
    assert_eq!(
        user,
        json!({"email": "ada@example.com", "username": "ada", "full_name": null, "id": null, "is_active": true,
            "is_verified": false, "role": "user", "created_at": "2026-01-01T00:00:00.000000Z",
            "updated_at": "2026-01-01T00:00:00.000000Z", "last_login": null})
    );
}

#[actix_web::test]
async fn registration_does_not_tell_what_is_taken() {
    let world = World::new().await;
    world.account("ada").await;
    let register = async |email: &str, username: &str| {
        let body = json!({"email": email, "username": username, "password": PASSWORD});
        let mut problem = world.post("/api/v1/auth/register", body).await.problem(409, "account-exists");
        problem["instance"].take();
        problem
    };
    let by_email = register("ada@example.com", "lovelace").await;
    let by_name = register("lovelace@example.com", "ADA").await;
    assert_eq!(by_email, by_name);
    assert_eq!(by_email["detail"], "Registration failed. Email or username may already exist.");
}

#[actix_web::test]
async fn verification_counts_down_and_works_once() {
    let world = World::new().await;
    world.register("ada").await.expect(201);
    let code = world.code_for("ada@example.com").await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let verify = async |email: &str, otp: &str| {
        world.post("/api/v1/auth/verify-email", json!({"email": email, "otp": otp})).await
    };
    for email in ["ada@example.com", "nobody@example.com"] {
        for remaining in [2, 1, 0, 0] {
            let problem = verify(email, wrong).await.problem(400, "invalid-code");
            assert_eq!(problem["success"], false);
            assert_eq!(problem["verified"], false);
            assert_eq!(problem["remaining_attempts"], remaining);
            assert_eq!(problem["message"], problem["detail"]);
        }
    }
    verify("ada@example.com", &code).await.problem(400, "invalid-code");
    let sent = world.post("/api/v1/auth/resend-otp", json!({"email": "ada@example.com"})).await.expect(200);
    assert_eq!(
        (&sent["success"], &sent["otp_sent"], &sent["remaining_attempts"]),
        (&json!(true), &json!(true), &json!(3))
    );
    let code = world.code_for("ada@example.com").await;
    let done = verify("ada@example.com", &code).await.expect(200);
    assert_eq!(
        done,
        json!({"success": true, "message": "Email verified successfully", "verified": true, "remaining_attempts": null})
    );
    verify("ada@example.com", &code).await.problem(400, "invalid-code");
}

#[actix_web::test]
async fn resend_and_forgot_answer_alike_for_everybody() {
    let world = World::new().await;
    world.account("ada").await;
    world.register("grace").await.expect(201);
    for path in ["/api/v1/auth/resend-otp", "/api/v1/auth/forgot-password"] {
        let mut answers = Vec::new();
        for name in ["ada", "grace", "nobody"] {
            answers.push(world.post(path, json!({"email": World::email_of(name)})).await.expect(200));
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{path}");
        assert_eq!(answers[0]["success"], true);
    }
}

#[actix_web::test]
async fn login_gives_a_pair_of_tokens() {
    let world = World::new().await;
    world.account("ada").await;
    let body = json!({"email": "ADA@example.com", "password": PASSWORD});
    let tokens = world.post("/api/v1/auth/login", body).await.expect(200);
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("bearer"), &json!(1800)));
    assert_eq!(tokens.as_object().unwrap().len(), 4);
    let access = tokens["access_token"].as_str().unwrap();
    let me = world.send(get("/api/v1/auth/me").token(access)).await.expect(200);
    assert_eq!(me["last_login"], "2026-01-01T00:00:00.000000Z");
    assert_eq!(me["pending_email"], Value::Null);
    let refresh = tokens["refresh_token"].as_str().unwrap();
    world.send(get("/api/v1/auth/me").token(refresh)).await.problem(401, "invalid-token");
}

#[actix_web::test]
async fn login_tells_nobody_what_was_wrong() {
    let world = World::new().await;
    world.account("ada").await;
    let (_, admin) = world.admin("root").await;
    let off = world.account("grace").await;
    let off = post(&format!("/api/v1/admin/users/{off}/deactivate")).token(&admin);
    world.send(off).await.expect(200);
    let login = async |name: &str, password: &str| {
        let body = json!({"username": name, "password": password});
        let mut problem = world.post("/api/v1/auth/login", body).await.problem(401, "invalid-credentials");
        problem["instance"].take();
        problem
    };
    let wrong = login("ada", "not my password").await;
    assert_eq!(wrong, login("nobody", PASSWORD).await);
    assert_eq!(wrong, login("grace", PASSWORD).await);
    world.register("lin").await.expect(201);
    assert_eq!(wrong, login("lin", "not my password").await);
    let body = json!({"username": "lin", "password": PASSWORD});
    world.post("/api/v1/auth/login", body).await.problem(403, "email-unverified");
}

#[actix_web::test]
async fn refresh_rotates_and_reuse_ends_the_session() {
    let world = World::new().await;
    world.account("ada").await;
    let (_, first) = world.log_in("ada").await;
    let refresh =
        async |token: &str| world.post("/api/v1/auth/refresh", json!({"refresh_token": token})).await;
    let second = refresh(&first).await.expect(200);
    let access = second["access_token"].as_str().unwrap();
    world.send(get("/api/v1/auth/me").token(access)).await.expect(200);
    world.clock.advance(TimeDelta::seconds(11));
    let reused = refresh(&first).await;
    reused.problem(401, "invalid-token");
    assert_eq!(reused.header("www-authenticate"), Some(r#"Bearer error="invalid_token""#));
    refresh(second["refresh_token"].as_str().unwrap()).await.problem(401, "invalid-token");
    world.send(get("/api/v1/auth/me").token(access)).await.problem(401, "invalid-token");
    for garbage in ["", "a.b.c", "..", "a.0.b"] {
        refresh(garbage).await.problem(401, "invalid-token");
    }
}

#[actix_web::test]
async fn logout_ends_the_session() {
    let world = World::new().await;
    world.account("ada").await;
    let (access, refresh) = world.log_in("ada").await;
    let (other, _) = world.log_in("ada").await;
    let done = world.send(post("/api/v1/auth/logout").token(&access)).await.expect(200);
    assert_eq!(done, json!({"message": "Successfully logged out", "success": true}));
    world.send(get("/api/v1/auth/me").token(&access)).await.problem(401, "invalid-token");
    world.post("/api/v1/auth/refresh", json!({"refresh_token": refresh})).await.problem(401, "invalid-token");
    world.send(get("/api/v1/auth/me").token(&other)).await.expect(200);
}

#[actix_web::test]
async fn a_forgotten_password_is_reset_with_a_code() {
    let world = World::new().await;
    let (_, token) = world.user("ada").await;
    let email = "ada@example.com";
    world.post("/api/v1/auth/forgot-password", json!({"email": email})).await.expect(200);
    let code = world.code_for(email).await;
    let reset = async |password: &str, otp: &str| {
        let body = json!({"email": email, "otp": otp, "new_password": password});
        world.post("/api/v1/auth/reset-password", body).await
    };
    assert_eq!(reset("x ada@example.com x", &code).await.faults(), ["new_password contains_identity"]);
    assert_eq!(reset("7 kites for ADA 7", &code).await.faults(), ["new_password contains_identity"]);
    let done = reset(NEW_PASSWORD, &code).await.expect(200);
    assert_eq!(done, json!({"message": "Password reset successfully", "success": true}));
    reset(NEW_PASSWORD, &code).await.problem(400, "invalid-code");
    world.send(get("/api/v1/auth/me").token(&token)).await.problem(401, "invalid-token");
    let login = json!({"email": email, "password": NEW_PASSWORD});
    world.post("/api/v1/auth/login", login).await.expect(200);
}

#[actix_web::test]
async fn the_scheme_is_written_in_any_case() {
    let world = World::new().await;
    let (_, token) = world.user("ada").await;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let request = call("GET", "/api/v1/auth/me").header("authorization", &format!("{scheme} {token}"));
        world.send(request).await.expect(200);
    }
}

//! Every operation of the document is exercised: 401, 403, 404 and 422 where it has them, and a success. What is
//! answered is in the document.

use super::openapi::{Operation, operations};
use super::support::{Answer, Call, PASSWORD, World, call};
use serde_json::json;

#[track_caller]
fn is_documented(operation: &Operation, answer: &Answer) {
    let name = operation.name();
    assert!(operation.statuses().contains(&answer.status), "{name} answered {}", answer.status);
}

#[actix_web::test]
async fn without_a_good_token_there_is_401_whatever_else_is_wrong() {
    let world = World::new().await;
    for operation in operations().iter().filter(|operation| operation.is_protected()) {
        for path in [operation.path(), operation.path_with("x"), format!("{}?limit=0", operation.path())] {
            let answer = world.send(call(&operation.method, &path).bytes("{")).await;
            answer.problem(401, "invalid-token");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{}", operation.name());
            let answer = world.send(call(&operation.method, &path).token("no.such.token")).await;
            answer.problem(401, "invalid-token");
            assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer error="invalid_token""#));
            is_documented(operation, &answer);
        }
    }
}

#[actix_web::test]
async fn without_the_role_there_is_403_whatever_else_is_wrong() {
    let world = World::new().await;
    let (_, token) = world.user("grace").await;
    for operation in operations().iter().filter(|operation| operation.is_for_admins()) {
        for path in [operation.path(), operation.path_with("x"), format!("{}?limit=0", operation.path())] {
            let answer = world.send(call(&operation.method, &path).token(&token).bytes("{")).await;
            let problem = answer.problem(403, "forbidden");
            assert_eq!(problem["detail"], "Not enough permissions", "{}", operation.name());
            is_documented(operation, &answer);
        }
    }
}

#[actix_web::test]
async fn ids_that_name_nothing_are_404() {
    let world = World::new().await;
    let (_, token) = world.admin("root").await;
    let with_ids: Vec<_> =
        operations().into_iter().filter(|operation| operation.template.contains('{')).collect();
    assert!(!with_ids.is_empty());
    for operation in with_ids {
        for id in [
            "0",
            "-1",
            "+1",
            "x",
            "1.5",
            "9223372036854775808",
            "9223372036854775807",
            "%00",
            "%2e%2e",
            "1%20",
        ] {
            let request = call(&operation.method, &operation.path_with(id)).token(&token).json(&json!({}));
            let answer = world.send(request).await;
            answer.problem(404, "not-found");
            is_documented(&operation, &answer);
        }
    }
}

#[actix_web::test]
async fn values_that_break_rules_are_422() {
    let world = World::new().await;
    let (_, token) = world.admin("root").await;
    for operation in operations().iter().filter(|operation| operation.statuses().contains(&422)) {
        let request = if operation.schema.is_some() {
            call(&operation.method, &operation.path()).json(&json!([]))
        } else {
            let faulty = match operation.template.as_str() {
                "/api/v1/admin/audit" => {
                    "limit=501&cursor=x&actor=x&subject=0&action=x&outcome=x&ip_address=x&request_id=%00\
                        &since=x&until=x"
                }
                _ => "limit=501&skip=x&role=root&is_active=1&q=%00",
            };
            call(&operation.method, &format!("{}?{faulty}", operation.template))
        };
        let answer = world.send(request.token(&token)).await;
        let faults = answer.faults();
        if operation.schema.is_some() {
            assert_eq!(faults, ["body wrong_type"], "{}", operation.name());
        } else {
            let expected: &[&str] = match operation.template.as_str() {
                "/api/v1/admin/audit" => &[
                    "actor wrong_type",
                    "subject out_of_range",
                    "action invalid_value",
                    "outcome invalid_value",
                    "ip_address invalid_format",
                    "request_id invalid_format",
                    "since invalid_format",
                    "until invalid_format",
                    "cursor invalid_format",
                    "limit out_of_range",
                ],
                _ => &[
                    "q invalid_format",
                    "role invalid_value",
                    "is_active wrong_type",
                    "skip wrong_type",
                    "limit out_of_range",
                ],
            };
            assert_eq!(faults, expected, "{}", operation.name());
        }
    }
}

#[actix_web::test]
async fn every_operation_succeeds() {
    for operation in operations() {
        let world = World::new().await;
        let request = good_request(&world, &operation).await;
        let answer = world.send(request).await;
        let expected = if operation.template.ends_with("/register") { 201 } else { 200 };
        assert_eq!(
            answer.status,
            expected,
            "{}: {}",
            operation.name(),
            String::from_utf8_lossy(&answer.body)
        );
        is_documented(&operation, &answer);
        if operation.template.starts_with("/api/v1/") {
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{}", operation.name());
        }
    }
}

/// A request that succeeds. An operation that is not here has no test: write one.
async fn good_request(world: &World, operation: &Operation) -> Call {
    let name = operation.name();
    let (_, admin) = world.admin("root").await;
    let request = call(&operation.method, &operation.path());
    if let Some(route) = operation.template.strip_prefix("/api/v1/admin/") {
        let (id, _) = world.user("ada").await;
        let request = call(&operation.method, &operation.path_with(&id.to_string())).token(&admin);
        return match (operation.method.as_str(), route) {
            ("GET", "users" | "users/{user_id}" | "users/{user_id}/sessions" | "audit")
            | ("DELETE", "users/{user_id}" | "users/{user_id}/sessions")
            | ("POST", "users/{user_id}/activate" | "users/{user_id}/deactivate" | "cleanup-sessions") => {
                request
            }
            ("PUT", "users/{user_id}") => request.json(&json!({"full_name": "Ada Lovelace"})),
            _ => panic!("{name} is not exercised"),
        };
    }
    let Some(route) = operation.template.strip_prefix("/api/v1/auth/") else {
        return match operation.template.as_str() {
            "/" | "/info" | "/health" | "/health/live" | "/health/ready" | "/openapi.json" | "/metrics" => {
                request
            }
            _ => panic!("{name} is not exercised"),
        };
    };
    if route == "register" {
        return request.json(
            &json!({"email": "ada@example.com", "username": "ada", "full_name": null, "password": PASSWORD}),
        );
    }
    if route == "verify-email" {
        world.register("ada").await.expect(201);
        return request
            .json(&json!({"email": "ada@example.com", "otp": world.code_for("ada@example.com").await}));
    }
    world.account("ada").await;
    let (access, refresh) = world.log_in("ada").await;
    let new_password = "seventeen purple kites";
    match (operation.method.as_str(), route) {
        ("POST", "resend-otp" | "forgot-password") => request.json(&json!({"email": "ada@example.com"})),
        ("POST", "login") => request.json(&json!({"email": "ada@example.com", "password": PASSWORD})),
        ("POST", "refresh") => request.json(&json!({"refresh_token": refresh})),
        ("POST", "reset-password") => {
            world.post("/api/v1/auth/forgot-password", json!({"email": "ada@example.com"})).await.expect(200);
            let otp = world.code_for("ada@example.com").await;
            request.json(&json!({"email": "ada@example.com", "otp": otp, "new_password": new_password}))
        }
        ("POST", "logout") | ("GET", "me") | ("GET" | "DELETE", "sessions") => request.token(&access),
        ("PUT", "me") => request.token(&access).json(&json!({"full_name": "Ada Lovelace"})),
        ("POST", "change-password") => {
            request.token(&access).json(&json!({"current_password": PASSWORD, "new_password": new_password}))
        }
        ("DELETE", "sessions/{id}") => {
            let sessions = world.send(call("GET", "/api/v1/auth/sessions").token(&access)).await.expect(200);
            let id = sessions[0]["id"].to_string();
            call("DELETE", &operation.path_with(&id)).token(&access)
        }
        _ => panic!("{name} is not exercised"),
    }
}

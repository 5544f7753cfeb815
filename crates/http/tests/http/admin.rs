//! Running the user base.

use super::support::{PASSWORD, World, call, get, post};
use chrono::TimeDelta;
use serde_json::{Value, json};

fn names(users: &Value) -> Vec<&str> {
    users.as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn accounts_are_listed_in_pages() {
    let world = World::new().await;
    let (_, token) = world.admin("root").await;
    for name in ["ada", "grace", "lin"] {
        world.account(name).await;
    }
    world.register("zoe").await.expect(201);
    let list = async |query: &str| {
        let answer = world.send(get(&format!("/api/v1/admin/users{query}")).token(&token)).await;
        let users = answer.expect(200);
        let header = |name: &str| answer.header(name).unwrap().to_owned();
        (users, header("x-total-count"), header("link"))
    };
    let (users, total, link) = list("").await;
    assert_eq!((names(&users), total.as_str()), (vec!["root", "ada", "grace", "lin", "zoe"], "5"));
    assert!(!link.contains("next") && !link.contains("prev"));
    assert_eq!(users[1].as_object().unwrap().len(), 10);
    let (users, total, link) = list("?skip=1&limit=2&role=user").await;
    assert_eq!((names(&users), total.as_str()), (vec!["grace", "lin"], "4"));
    assert_eq!(
        link,
        "</api/v1/admin/users?skip=0&limit=2&role=user>; rel=\"first\", \
         </api/v1/admin/users?skip=0&limit=2&role=user>; rel=\"prev\", \
         </api/v1/admin/users?skip=3&limit=2&role=user>; rel=\"next\", \
         </api/v1/admin/users?skip=2&limit=2&role=user>; rel=\"last\""
    );
    assert_eq!(names(&list("?q=RAC").await.0), ["grace"]);
    assert_eq!(names(&list("?q=%25").await.0), Vec::<&str>::new());
    assert_eq!(names(&list("?is_verified=false").await.0), ["zoe"]);
    assert_eq!(names(&list("?role=admin&is_active=true&unknown=1").await.0), ["root"]);
    assert_eq!(names(&list("?skip=9223372036854775807").await.0), Vec::<&str>::new());
}

#[actix_web::test]
async fn accounts_are_read_changed_and_deleted() {
    let world = World::new().await;
    let (_, token) = world.admin("root").await;
    world.account("grace").await;
    let (id, user) = world.user("ada").await;
    let path = format!("/api/v1/admin/users/{id}");
    let put = async |body: Value| world.send(call("PUT", &path).token(&token).json(&body)).await;
    let changed =
        put(json!({"email": "Lovelace@example.com", "full_name": "Ada", "role": "admin"})).await.expect(200);
    assert_eq!((&changed["email"], &changed["role"]), (&json!("lovelace@example.com"), &json!("admin")));
    assert_eq!(world.send(get(&path).token(&user)).await.expect(200), changed);
    put(json!({"username": "grace"})).await.problem(409, "account-exists");
    assert_eq!(put(json!({"role": "root"})).await.faults(), ["role invalid_value"]);
    let off = put(json!({"is_active": false, "role": "user"})).await.expect(200);
    assert_eq!(off["is_active"], false);
    world.send(get("/api/v1/auth/me").token(&user)).await.problem(401, "invalid-token");
    let done = world.send(call("DELETE", &path).token(&token)).await.expect(200);
    assert_eq!(done, json!({"message": "User deleted successfully", "success": true}));
    for method in ["GET", "DELETE"] {
        world.send(call(method, &path).token(&token)).await.problem(404, "not-found");
    }
    put(json!({})).await.problem(404, "not-found");
}

#[actix_web::test]
async fn accounts_are_switched_off_and_on() {
    let world = World::new().await;
    let (_, token) = world.admin("root").await;
    let (id, user) = world.user("ada").await;
    let act = async |what: &str| {
        world.send(post(&format!("/api/v1/admin/users/{id}/{what}")).token(&token)).await.expect(200)
    };
    assert_eq!(act("deactivate").await, json!({"message": "User deactivated successfully", "success": true}));
    world.send(get("/api/v1/auth/me").token(&user)).await.problem(401, "invalid-token");
    assert_eq!(act("activate").await, json!({"message": "User activated successfully", "success": true}));
    world.send(get("/api/v1/auth/me").token(&user)).await.problem(401, "invalid-token");
    world.log_in("ada").await;
}

#[actix_web::test]
async fn nobody_acts_on_the_own_account_nor_takes_the_last_administrator_away() {
    let world = World::new().await;
    let (id, token) = world.admin("root").await;
    let path = format!("/api/v1/admin/users/{id}");
    let delete = world.send(call("DELETE", &path).token(&token)).await.problem(400, "self-action");
    assert_eq!(delete["detail"], "Cannot delete your own account");
    world.send(post(&format!("{path}/deactivate")).token(&token)).await.problem(400, "self-action");
    for body in [json!({"role": "user"}), json!({"is_active": false})] {
        world.send(call("PUT", &path).token(&token).json(&body)).await.problem(400, "self-action");
    }
    let body = json!({"is_verified": false});
    world.send(call("PUT", &path).token(&token).json(&body)).await.problem(409, "last-admin");
}

#[actix_web::test]
async fn anybodys_sessions_are_listed_and_ended() {
    let world = World::new().await;
    let (_, token) = world.admin("root").await;
    let (id, user) = world.user("ada").await;
    let path = format!("/api/v1/admin/users/{id}/sessions");
    let sessions = world.send(get(&path).token(&token)).await.expect(200);
    assert_eq!((&sessions[0]["user_id"], &sessions[0]["current"]), (&json!(id), &json!(false)));
    let done = world.send(call("DELETE", &path).token(&token)).await.expect(200);
    assert_eq!(done, json!({"message": "All user sessions revoked successfully", "success": true}));
    world.send(get("/api/v1/auth/me").token(&user)).await.problem(401, "invalid-token");
    assert_eq!(world.send(get(&path).token(&token)).await.expect(200), json!([]));
}

#[actix_web::test]
async fn expired_sessions_are_removed() {
    let world = World::new().await;
    world.admin("root").await;
    world.account("ada").await;
    for _ in 0..2 {
        world.log_in("ada").await;
    }
    world.clock.advance(TimeDelta::days(7) + TimeDelta::seconds(1));
    let body = json!({"username": "root", "password": PASSWORD});
    let tokens = world.post("/api/v1/auth/login", body).await.expect(200);
    let token = tokens["access_token"].as_str().unwrap();
    let cleanup = async || world.send(post("/api/v1/admin/cleanup-sessions").token(token)).await.expect(200);
    assert_eq!(
        cleanup().await,
        json!({"message": "Cleaned up 3 expired sessions", "success": true, "removed": 3})
    );
    assert_eq!(cleanup().await["removed"], 0);
}

#[actix_web::test]
async fn a_demoted_administrator_is_one_no_longer() {
    let world = World::new().await;
    let (_, token) = world.admin("root").await;
    let (id, other) = world.admin("boss").await;
    let body = json!({"role": "user"});
    world.send(call("PUT", &format!("/api/v1/admin/users/{id}")).token(&token).json(&body)).await.expect(200);
    world.send(get("/api/v1/admin/users").token(&other)).await.problem(403, "forbidden");
    world.send(get("/api/v1/auth/me").token(&other)).await.expect(200);
}

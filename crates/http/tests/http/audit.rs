//! Reading the audit.

use super::support::{Call, World, call, get, post};
use chrono::{SecondsFormat, TimeDelta};
use evently_auth_clock::MovableClock;
use evently_auth_domain::ports::{AuditLog, Clock};
use serde_json::{Value, json};

fn actions(events: &Value) -> Vec<&str> {
    events.as_array().unwrap().iter().map(|event| event["action"].as_str().unwrap()).collect()
}

/// An administrator at one place, whose move to it is in the audit already: id, and what makes requests.
async fn reader(world: &World) -> (i64, impl Fn(Call) -> Call + use<>) {
    let (id, token) = world.admin("root").await;
    let from_here = move |call: Call| call.token(&token).from("203.0.113.1");
    world.send(from_here(get("/api/v1/auth/me"))).await.expect(200);
    (id, from_here)
}

/// The time as a parameter.
fn parameter(clock: &MovableClock) -> String {
    clock.now().to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[actix_web::test]
async fn events_are_listed_newest_first_without_secrets() {
    let world = World::new().await;
    let (_, root) = reader(&world).await;
    let (id, token) = world.user("ada").await;
    let events = world.send(root(get("/api/v1/admin/audit"))).await.expect(200);
    assert_eq!(actions(&events)[..3], ["session.logged_in", "account.email_verified", "account.registered"]);
    assert_eq!(actions(&events).last(), Some(&"admin.created"));
    let login = events[0].as_object().unwrap();
    let mut members: Vec<_> = login.keys().map(String::as_str).collect();
    members.sort_unstable();
    let expected = [
        "action",
        "actor",
        "at",
        "detail",
        "id",
        "ip_address",
        "outcome",
        "request_id",
        "sealed",
        "subject",
        "user_agent",
    ];
    assert_eq!(members, expected);
    assert_eq!((&login["actor"], &login["subject"]), (&json!(id), &json!(id)));
    assert_eq!((&login["outcome"], &login["sealed"]), (&json!("success"), &json!(false)));
    assert!(login["at"].as_str().unwrap().ends_with('Z'));
    let rows = world.memory.store().rows(0, 100).await.unwrap();
    let sid = rows.iter().rev().find_map(|row| row.event.sid.as_ref()).unwrap();
    let text = events.to_string();
    assert!(!text.contains(sid.as_str()) && !text.contains(&token) && !text.contains("ada@example.com"));

    world.auth.seal_audit(100).await.unwrap();
    let sealed = world.send(root(get("/api/v1/admin/audit?limit=1"))).await.expect(200);
    assert_eq!(sealed[0]["sealed"], true);
}

#[actix_web::test]
async fn pages_follow_each_other_while_events_are_written() {
    let world = World::new().await;
    let (_, root) = reader(&world).await;
    for name in ["ada", "grace"] {
        world.account(name).await;
    }
    let all = world.send(root(get("/api/v1/admin/audit"))).await.expect(200);
    let ids = |events: &Value| -> Vec<i64> {
        events.as_array().unwrap().iter().map(|event| event["id"].as_i64().unwrap()).collect()
    };
    let first = "</api/v1/admin/audit?limit=2>; rel=\"first\"";
    let (mut seen, mut path) = (Vec::new(), "/api/v1/admin/audit?limit=2".to_owned());
    loop {
        let answer = world.send(root(get(&path))).await;
        seen.extend(ids(&answer.expect(200)));
        let link = answer.header("link").unwrap().to_owned();
        world.log_in("ada").await;
        let Some(next) = link.strip_prefix(&format!("{first}, <")) else {
            assert_eq!(link, first);
            break;
        };
        path = next.strip_suffix(">; rel=\"next\"").unwrap().to_owned();
    }
    assert_eq!(seen, ids(&all));
}

#[actix_web::test]
async fn events_are_filtered() {
    let world = World::new().await;
    let (admin, root) = reader(&world).await;
    let (id, _) = world.user("ada").await;
    let before = parameter(&world.clock);
    world.clock.advance(TimeDelta::seconds(5));
    let after = parameter(&world.clock);
    let wrong = json!({"email": "ada@example.com", "password": "not the password"});
    world.post("/api/v1/auth/login", wrong).await.problem(401, "invalid-credentials");
    let request = root(post(&format!("/api/v1/admin/users/{id}/deactivate")));
    world.send(request.header("x-request-id", "the-one")).await.expect(200);
    world
        .send(root(post(&format!("/api/v1/admin/users/{admin}/deactivate"))))
        .await
        .problem(400, "self-action");
    let list = async |query: &str| {
        let path = format!("/api/v1/admin/audit?{query}");
        let events = world.send(root(get(&path))).await.expect(200);
        actions(&events).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(list("request_id=the-one").await, ["admin.user_deactivated"]);
    assert_eq!(list("request_id=the-other").await, Vec::<String>::new());
    assert_eq!(list("outcome=failure").await, ["admin.user_deactivated", "session.logged_in"]);
    assert_eq!(list(&format!("subject={id}&outcome=failure")).await, ["session.logged_in"]);
    assert_eq!(list(&format!("actor={admin}&subject={id}")).await, ["admin.user_deactivated"]);
    assert_eq!(list("action=account.registered").await, ["account.registered"]);
    let latest = ["admin.user_deactivated", "admin.user_deactivated", "session.logged_in"];
    assert_eq!(list(&format!("since={after}")).await, latest);
    assert_eq!(list(&format!("since={before}&until={after}&action=session.logged_in")).await.len(), 2);
    assert_eq!(list(&format!("until={before}")).await, Vec::<String>::new());
    assert_eq!(list("ip_address=203.0.113.99").await, Vec::<String>::new());
    assert_eq!(list("actor=&action=&unknown=1&limit=1").await.len(), 1);
}

#[actix_web::test]
async fn who_is_no_administrator_sees_nothing_and_is_written_down() {
    let world = World::new().await;
    let (_, root) = reader(&world).await;
    let (id, token) = world.user("ada").await;
    for _ in 0..3 {
        world.send(get("/api/v1/admin/audit").token(&token)).await.problem(403, "forbidden");
        world.send(call("GET", "/api/v1/admin/users").token(&token)).await.problem(403, "forbidden");
    }
    let denied = world.send(root(get("/api/v1/admin/audit?action=admin.permission_denied"))).await;
    let denied = denied.expect(200);
    assert_eq!(denied.as_array().unwrap().len(), 1, "once a minute");
    assert_eq!((&denied[0]["actor"], &denied[0]["detail"]), (&json!(id), &json!("read the audit")));
}

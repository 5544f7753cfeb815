//! The document's request schemas and what the routes accept are the same.

use super::openapi::{Operation, operations};
use super::support::{World, call};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

fn with_bodies() -> Vec<(Operation, Value)> {
    operations().into_iter().filter_map(|op| op.schema.clone().map(|schema| (op, schema))).collect()
}

/// The faults that `body` is answered with, by member; none when it is no matter of validation.
async fn faults(world: &World, token: &str, operation: &Operation, body: &Value) -> BTreeSet<String> {
    let answer = world.send(call(&operation.method, &operation.path()).token(token).json(body)).await;
    assert!(answer.status < 500);
    if answer.status == 422 { answer.faults().into_iter().collect() } else { BTreeSet::new() }
}

fn about<'a>(faults: &'a BTreeSet<String>, member: &str) -> Vec<&'a str> {
    faults.iter().filter_map(|fault| fault.strip_prefix(&format!("{member} "))).collect()
}

#[actix_web::test]
async fn the_required_members_are_the_documented_ones() {
    let world = World::new().await;
    let (_, token) = world.admin("root").await;
    for (operation, schema) in with_bodies() {
        let missing = faults(&world, &token, &operation, &json!({})).await;
        let names = schema["required"].as_array().cloned().unwrap_or_default();
        let mut required: BTreeSet<_> =
            names.iter().map(|name| format!("{} required", name.as_str().unwrap())).collect();
        if operation.template.ends_with("/login") {
            required.insert("email required".to_owned()); // or a username: one of the two
        }
        assert_eq!(missing, required, "{}", operation.name());
    }
}

#[actix_web::test]
async fn members_have_the_documented_types() {
    let world = World::new().await;
    let (_, token) = world.admin("root").await;
    for (operation, schema) in with_bodies() {
        for (member, property) in schema["properties"].as_object().unwrap() {
            let kinds = match &property["type"] {
                Value::Array(kinds) => kinds.clone(),
                kind => vec![kind.clone()],
            };
            for (kind, value) in [
                ("null", Value::Null),
                ("string", json!("x")),
                ("boolean", json!(true)),
                ("integer", json!(1)),
                ("number", json!(0.5)),
                ("array", json!(["x"])),
                ("object", json!({"x": 1})),
            ] {
                let found = faults(&world, &token, &operation, &json!({member: value})).await;
                let is_refused = about(&found, member).contains(&"wrong_type");
                let is_documented = kinds.contains(&json!(kind));
                assert_ne!(is_refused, is_documented, "{} {member}: {kind}", operation.name());
            }
        }
    }
}

#[actix_web::test]
async fn lengths_have_the_documented_bounds() {
    let world = World::new().await;
    let (_, token) = world.admin("root").await;
    let mut bounds = 0;
    for (operation, schema) in with_bodies() {
        for (member, property) in schema["properties"].as_object().unwrap() {
            let bound = |name: &str| property[name].as_u64().map(|n| usize::try_from(n).unwrap());
            let cases = [
                (bound("minLength"), true),
                (bound("minLength").map(|n| n - 1), false),
                (bound("maxLength"), true),
                (bound("maxLength").map(|n| n + 1), false),
            ];
            for (length, is_good) in cases.into_iter().filter_map(|(length, good)| Some((length?, good))) {
                bounds += 1;
                let body = Map::from_iter([(member.clone(), json!(sample(member, length)))]);
                let found = faults(&world, &token, &operation, &Value::Object(body)).await;
                let found = about(&found, member);
                assert_eq!(found.is_empty(), is_good, "{} {member} of {length}: {found:?}", operation.name());
            }
        }
    }
    assert!(bounds > 30, "{bounds}");
}

/// A value for `member` of so many characters that is good but for its length.
fn sample(member: &str, length: usize) -> String {
    let varied = "k7 Vz-mQ2.rT9_wX4,bN8;hJ3:".chars().cycle();
    match member {
        "email" => {
            let domain = ["d".repeat(60), "e".repeat(60), "f".repeat(60), "example".into()].join(".");
            format!("{}@{domain}", "a".repeat(length - domain.len() - 1))
        }
        "username" => "a".repeat(length),
        "otp" => "1".repeat(length),
        "full_name" => "é".repeat(length),
        _ => varied.take(length).collect(),
    }
}

#[actix_web::test]
async fn all_faults_are_told_at_once() {
    let world = World::new().await;
    let body = json!({"email": "nobody", "username": "a b", "full_name": "a\u{0}b", "password": "abc"});
    let answer = world.post("/api/v1/auth/register", body).await;
    assert_eq!(
        answer.faults(),
        ["email invalid_format", "username invalid_format", "full_name invalid_format", "password too_short"]
    );
}

#[actix_web::test]
async fn login_takes_exactly_one_name() {
    let world = World::new().await;
    world.account("ada").await;
    let password = super::support::PASSWORD;
    let login = async |body: Value| world.post("/api/v1/auth/login", body).await;
    assert_eq!(login(json!({"password": password})).await.faults(), ["email required"]);
    let both = json!({"email": "ada@example.com", "username": "ada", "password": password});
    assert_eq!(login(both).await.faults(), ["username conflict"]);
    login(json!({"email": "ada@example.com", "username": null, "password": password})).await.expect(200);
    login(json!({"username": "ADA", "password": password})).await.expect(200);
}

#[actix_web::test]
async fn another_address_needs_the_password_beside_all_other_faults() {
    let world = World::new().await;
    let (_, token) = world.user("ada").await;
    let body = json!({"email": "new@example.com", "username": "?"});
    let answer = world.send(call("PUT", "/api/v1/auth/me").token(&token).json(&body)).await;
    assert_eq!(answer.faults(), ["username too_short", "current_password required"]);
}

//! Registration that tells nothing: answers for a taken address and for a free one, byte by byte.

use super::support::{Answer, PASSWORD, World, call, get, post};
use evently_auth_domain::settings::{RegistrationPrivacy, Settings};
use serde_json::{Value, json};

/// A world that conceals, where `ada` has the address `ada@example.com`.
async fn concealing() -> World {
    let settings = Settings { registration_privacy: RegistrationPrivacy::Conceal, ..Settings::default() };
    let world = World::with_settings(settings).await;
    world.account("ada").await;
    world
}

/// All that a client gets, but for what names the request, the account and the two addresses and usernames, which are
/// of one length.
fn bytes(answer: &Answer, address: &str, name: &str) -> String {
    let id = answer.header("x-request-id").unwrap().to_owned();
    let mut headers: Vec<_> =
        answer.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    headers.sort();
    let body = String::from_utf8(answer.body.clone()).unwrap();
    let account = serde_json::from_str::<Value>(&body).unwrap()["id"].as_i64();
    let text = format!("{}\n{}\n\n{body}", answer.status, headers.join("\n"));
    let text = text.replace(&id, "REQUEST").replace(address, "ADDRESS").replace(name, "NAME");
    account.map_or(text.clone(), |account| text.replace(&format!("\"id\":{account},"), "\"id\":ID,"))
}

#[actix_web::test]
async fn answers_are_the_same_but_for_their_values() {
    let world = concealing().await;
    let register = |email: &str, username: &str| {
        let name = json!("  Ada\u{301}  Lovelace ");
        let body = json!({"email": email, "username": username, "full_name": name, "password": PASSWORD});
        post("/api/v1/auth/register").json(&body)
    };
    let step = |path: &str, body: Value| post(&format!("/api/v1/auth/{path}")).json(&body);
    let mut seen = Vec::new();
    // The first address is taken, the second one free; each stranger calls from one network.
    for (email, name, from) in
        [("ada@example.com", "mabel", "203.0.113.1"), ("bob@example.com", "hazel", "203.0.114.1")]
    {
        let wrong = json!({"email": email, "otp": "000000"});
        let reset = json!({"email": email, "otp": "000000", "new_password": "seventeen purple kites"});
        let mut transcript = Vec::new();
        for request in [
            register(email, name),
            register(&email.to_uppercase(), name),
            register("other@example.com", name),
            step("login", json!({"email": email, "password": PASSWORD.replace(' ', "_")})),
            step("login", json!({"username": name, "password": PASSWORD})),
            step("login", json!({"username": name, "password": "wrong"})),
            step("verify-email", wrong.clone()),
            step("resend-otp", json!({"email": email})),
            step("verify-email", wrong),
            step("forgot-password", json!({"email": email})),
            step("reset-password", reset),
        ] {
            transcript.push(bytes(&world.send(request.from(from)).await, email, name));
        }
        seen.push(transcript);
    }
    let [taken, free] = &seen[..] else { panic!() };
    assert!(
        taken[0].starts_with("201") && taken[1].starts_with("201") && taken[2].starts_with("409"),
        "{taken:#?}"
    );
    assert!(taken[4].contains("not verified"), "{}", taken[4]);
    for (taken, free) in taken.iter().zip(free) {
        assert_eq!(taken, free);
    }
}

#[actix_web::test]
async fn a_right_password_is_refused_like_a_wrong_one() {
    let world = concealing().await;
    let login = async |name: &str, password: &str| {
        let body = json!({"username": name, "password": password});
        let mut problem = world.post("/api/v1/auth/login", body).await.problem(401, "invalid-credentials");
        problem["instance"].take();
        problem
    };
    world.register("free").await.expect(201);
    let body = json!({"email": "ada@example.com", "username": "held", "password": PASSWORD});
    world.post("/api/v1/auth/register", body).await.expect(201);
    let wrong = login("ada", "wrong").await;
    assert_eq!(
        wrong["detail"],
        "Invalid e-mail address, username or password, or the e-mail address is not verified yet."
    );
    for (name, password) in [("free", PASSWORD), ("free", "wrong"), ("held", PASSWORD), ("nobody", PASSWORD)]
    {
        assert_eq!(login(name, password).await, wrong, "{name}");
    }
    world.log_in("ada").await;
}

#[actix_web::test]
async fn nobody_can_name_the_address_of_a_held_name() {
    let world = concealing().await;
    let (_, admin) = world.admin("root").await;
    let body = json!({"email": "ada@example.com", "username": "held", "password": PASSWORD});
    world.post("/api/v1/auth/register", body).await.expect(201);
    let held = world.send(get("/api/v1/admin/users?q=held-name.invalid").token(&admin)).await.expect(200);
    let (email, id) = (held[0]["email"].as_str().unwrap(), held[0]["id"].as_i64().unwrap());
    assert_eq!((&held[0]["username"], &held[0]["is_verified"]), (&json!("held"), &json!(false)));
    for (path, body) in [
        ("register", json!({"email": email, "username": "other", "password": PASSWORD})),
        ("login", json!({"email": email, "password": PASSWORD})),
        ("verify-email", json!({"email": email, "otp": "000000"})),
        ("resend-otp", json!({"email": email})),
        ("forgot-password", json!({"email": email})),
        ("reset-password", json!({"email": email, "otp": "000000", "new_password": PASSWORD})),
    ] {
        let answer = world.post(&format!("/api/v1/auth/{path}"), body).await;
        assert_eq!(answer.faults(), ["email invalid_format"], "{path}");
    }

    let user = format!("/api/v1/admin/users/{id}");
    let change = json!({"email": "eve@example.com", "is_verified": true});
    for (method, path) in [("PUT", ""), ("POST", "/activate"), ("POST", "/deactivate")] {
        let request = call(method, &format!("{user}{path}")).token(&admin).json(&change);
        world.send(request).await.problem(409, "held-name");
    }
    let change = json!({"email": "x@held-name.invalid"});
    let answer = world.send(call("PUT", "/api/v1/admin/users/1").token(&admin).json(&change)).await;
    assert_eq!(answer.faults(), ["email invalid_format"]);
    world.send(call("DELETE", &user).token(&admin)).await.expect(200);
    world.register("held").await.expect(201);
}

//! What people do, from the first request to the last.

use crate::harness::{PASSWORD, Production, Server, Site, Tokens, address, body};
use serde_json::json;

/// Each journey twice: on the embedded server, and on two servers and two workers in turn.
macro_rules! journeys {
    ($($journey:ident)+) => {
        mod embedded {
            $(#[test]
            fn $journey() {
                let folder = tempfile::tempdir().unwrap();
                super::$journey(&super::Server::start(folder.path(), &[]));
            })+
        }
        mod production {
            $(#[test]
            fn $journey() {
                super::$journey(&super::Production::start());
            })+
        }
    };
}

journeys! {
    an_account_from_registration_to_logout
    a_forgotten_password_and_a_changed_one
    an_account_moves_to_another_address
    an_administrator_runs_the_user_base
    a_stolen_refresh_token_ends_the_session
}

fn an_account_from_registration_to_logout(server: &Site) {
    let user = server.register("grace");
    assert_eq!((&user["is_verified"], &user["role"]), (&json!(false), &json!("user")));

    let login = json!({"username": "Grace", "password": PASSWORD});
    let problem = body(server.post("/api/v1/auth/login", &login).send().unwrap(), 403);
    assert_eq!(problem["type"], "/problems/email-unverified");
    server.verify("grace");
    let answer = server.post("/api/v1/auth/login", &login).send().unwrap();
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let tokens = body(answer, 200);
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("bearer"), &json!(1800)));
    let tokens = Tokens::of(&tokens);

    let me = body(server.me(&tokens), 200);
    assert_eq!(me["email"], address("grace"));
    assert!(me["last_login"].as_str().unwrap().ends_with('Z'));

    let next = Tokens::of(&body(server.refresh(&tokens.refresh), 200));
    let again = Tokens::of(&body(server.refresh(&tokens.refresh), 200));
    assert_eq!(next.refresh, again.refresh, "a lost answer is given again");

    let sessions = body(server.get("/api/v1/auth/sessions").bearer_auth(&next.access).send().unwrap(), 200);
    assert_eq!(sessions.as_array().unwrap().len(), 1);
    assert_eq!(sessions[0]["current"], true);

    let out = server.post("/api/v1/auth/logout", &json!({})).bearer_auth(&next.access).send().unwrap();
    assert_eq!(body(out, 200)["message"], "Successfully logged out");
    body(server.me(&next), 401);
    body(server.refresh(&next.refresh), 401);
}

fn a_forgotten_password_and_a_changed_one(server: &Site) {
    let phone = server.signed_in("grace");
    let first_code = server.code(&address("grace"));

    body(
        server.post("/api/v1/auth/forgot-password", &json!({"email": address("grace")})).send().unwrap(),
        200,
    );
    let code = server.code_after(&address("grace"), &first_code);
    let new = "a moth in relay seventy";
    let reset = json!({"email": address("grace"), "otp": code, "new_password": new});
    body(server.post("/api/v1/auth/reset-password", &reset).send().unwrap(), 200);
    body(server.me(&phone), 401);
    body(server.post("/api/v1/auth/reset-password", &reset).send().unwrap(), 400);

    let (phone, desk) = (server.log_in("grace", new), server.log_in("grace", new));
    let change = json!({"current_password": new, "new_password": PASSWORD});
    let change = server.post("/api/v1/auth/change-password", &change).bearer_auth(&desk.access);
    body(change.send().unwrap(), 200);
    body(server.me(&phone), 401);
    body(server.me(&desk), 200);
    server.log_in("grace", PASSWORD);
}

fn an_account_moves_to_another_address(server: &Site) {
    let tokens = server.signed_in("grace");
    let to = address("hopper");
    let change = json!({"email": to, "current_password": PASSWORD});
    let user = body(server.put("/api/v1/auth/me", &change).bearer_auth(&tokens.access).send().unwrap(), 200);
    assert_eq!((&user["email"], &user["pending_email"]), (&json!(address("grace")), &json!(to)));
    let proof = json!({"email": to, "otp": server.code(&to)});
    body(server.post("/api/v1/auth/verify-email", &proof).send().unwrap(), 200);
    let user = body(server.me(&tokens), 200);
    assert_eq!((&user["email"], &user["pending_email"]), (&json!(to), &json!(null)));
    server.log_in("hopper", PASSWORD);
}

fn an_administrator_runs_the_user_base(server: &Site) {
    let created = server.run(
        &["admin", "create", "--email", "root@example.com", "--username", "root", "--password-stdin"],
        &format!("{PASSWORD}\n"),
    );
    assert!(created.status.success(), "{created:?}");
    let root = server.log_in("root", PASSWORD);
    let grace = server.signed_in("grace");
    let id = body(server.me(&grace), 200)["id"].as_i64().unwrap();

    let user = format!("/api/v1/admin/users/{id}");
    body(server.get(&user).bearer_auth(&grace.access).send().unwrap(), 403);
    let page = server.get("/api/v1/admin/users?q=GRACE&limit=10").bearer_auth(&root.access).send().unwrap();
    assert_eq!(page.headers()["x-total-count"], "1");
    assert_eq!(body(page, 200)[0]["id"], id);

    let deactivate = server.post(&format!("{user}/deactivate"), &json!({}));
    body(deactivate.bearer_auth(&root.access).send().unwrap(), 200);
    body(server.me(&grace), 401);
    let activate = server.post(&format!("{user}/activate"), &json!({}));
    body(activate.bearer_auth(&root.access).send().unwrap(), 200);
    body(server.me(&grace), 401);
    let grace = server.log_in("grace", PASSWORD);
    body(server.put(&user, &json!({"role": "admin"})).bearer_auth(&root.access).send().unwrap(), 200);
    body(server.get(&user).bearer_auth(&grace.access).send().unwrap(), 200);
    body(server.delete(&user).bearer_auth(&root.access).send().unwrap(), 200);
    body(server.me(&grace), 401);

    let audit = server.run(&["audit", "verify"], "");
    assert!(audit.status.success(), "{audit:?}");
}

fn a_stolen_refresh_token_ends_the_session(server: &Site) {
    let first = server.signed_in("grace");
    let second = Tokens::of(&body(server.refresh(&first.refresh), 200));
    let third = Tokens::of(&body(server.refresh(&second.refresh), 200));
    body(server.me(&third), 200);
    let refused = server.refresh(&first.refresh);
    assert_eq!(body(refused, 401)["type"], "/problems/invalid-token");
    body(server.me(&third), 401);
    body(server.refresh(&third.refresh), 401);
    // registration, welcome, theft
    server.wait_for("the notice of the theft", || (server.mails().len() == 3).then_some(()));
}

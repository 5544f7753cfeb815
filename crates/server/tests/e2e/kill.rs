//! Nothing that was acknowledged is lost by `kill -9`, whatever came before it.

use crate::harness::{PASSWORD, Server, Tokens, address, body};
use serde_json::json;

#[test]
fn a_journey_with_a_kill_after_each_step() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let registered = server.register("grace");
    let server = server.kill_and_restart();
    server.verify("grace"); // the mail waited, and the code with it
    let server = server.kill_and_restart();
    let tokens = server.log_in("grace", PASSWORD);
    let server = server.kill_and_restart();
    assert_eq!(body(server.me(&tokens), 200)["id"], registered["id"]);
    let next = Tokens::of(&body(server.refresh(&tokens.refresh), 200));
    let server = server.kill_and_restart();
    let again = Tokens::of(&body(server.refresh(&tokens.refresh), 200));
    assert_eq!(again.refresh, next.refresh);
    let other = server.log_in("grace", PASSWORD);
    body(server.delete("/api/v1/auth/sessions").bearer_auth(&other.access).send().unwrap(), 200);
    let server = server.kill_and_restart();
    body(server.me(&next), 401);
    body(server.me(&other), 200);
    let out = server.post("/api/v1/auth/logout", &json!({})).bearer_auth(&other.access);
    body(out.send().unwrap(), 200);
    let server = server.kill_and_restart();
    body(server.me(&other), 401);
}

#[test]
fn every_registration_that_was_answered_has_its_mail() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path(), &[]);
    for round in 0..5 {
        for number in 0..4 {
            server.register(&format!("user-{round}-{number}"));
        }
        server = server.kill_and_restart();
    }
    for round in 0..5 {
        for number in 0..4 {
            let to = address(&format!("user-{round}-{number}"));
            assert_eq!(server.code(&to).len(), 6);
        }
    }
}

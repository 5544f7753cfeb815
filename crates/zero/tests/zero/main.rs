//! The client against a server that speaks Zero's protocol, and against servers that do not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod server;

use evently_auth_zero::{Secrets, ZeroError, fetch};
use serde_json::{Value, json};
use server::{Manner, Server};
use std::time::{Duration, Instant};

const TOKEN: &str = "CANARY-token";

fn says(status: u16, body: &Value) -> Manner {
    Manner::Says(status, body.to_string())
}

/// An answer with the project `evently` of these fields, beside another one.
fn project(fields: &Value) -> Manner {
    let other = json!({ "name": "aws", "fields": [{ "name": "db-host", "value": "CANARY-other" }] });
    says(200, &json!({ "data": { "secrets": [other, { "name": "evently", "fields": fields }] } }))
}

/// What is fetched from a server of these manners, and that server.
async fn fetched(manners: Vec<Manner>) -> (Result<Secrets, ZeroError>, Server) {
    let server = Server::start(manners).await;
    (fetch(&server.url, TOKEN).await, server)
}

/// The one line that says why there are no secrets, without the token or a value.
async fn refusal(manners: Vec<Manner>) -> (String, usize) {
    let (result, server) = fetched(manners).await;
    let error = result.map(|_| ()).unwrap_err();
    let line = error.to_string();
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.contains(&server.url) && line.contains("ZERO_"), "{line}");
    assert!(!format!("{line} {error:?}").contains("CANARY"), "{line} {error:?}");
    (line, server.requests().len())
}

#[tokio::test]
async fn secrets_are_found_by_the_names_of_variables() {
    let fields = json!([
        { "name": "db-host", "value": "db.internal" },
        { "name": "jwt-secret", "value": "line one\nline \"two\" ü" },
        { "name": "empty", "value": "" },
        { "name": "nothing", "value": null },
    ]);
    let (secrets, _server) = fetched(vec![project(&fields)]).await;
    let secrets = secrets.unwrap();
    assert_eq!(secrets.variable("DB_HOST"), Some("db.internal"));
    assert_eq!(secrets.variable("JWT_SECRET"), Some("line one\nline \"two\" ü"));
    assert_eq!((secrets.variable("EMPTY"), secrets.variable("NOTHING")), (Some(""), None));
    assert_eq!(secrets.variable("DB_PORT"), None);
    assert_eq!((secrets.len(), secrets.is_empty()), (3, false));
}

#[tokio::test]
async fn the_question_is_graphql_over_json() {
    let (_, server) = fetched(vec![project(&json!([]))]).await;
    let requests = server.requests();
    let [(head, body)] = requests.as_slice() else { panic!("{} requests", requests.len()) };
    assert!(head.starts_with("post /graphql http/1.1"), "{head}");
    assert!(head.contains("content-type: application/json"), "{head}");
    let query = body["query"].as_str().unwrap();
    assert!(query.contains("secrets(zeroToken: $token, pick: $pick, callerName: $callerName)"), "{query}");
    assert!(query.contains("{ name fields { name value } }") && !query.contains(TOKEN), "{query}");
    let variables = json!({ "token": TOKEN, "pick": ["evently"], "callerName": "evently-auth" });
    assert_eq!(body["variables"], variables);
}

#[tokio::test]
async fn any_token_arrives_as_it_is() {
    for token in ["qu\"ote", "back\\slash\\", "\") { secrets }", "ünï\u{1}\n\t", "${x}", "\\u0041"] {
        let server = Server::start(vec![project(&json!([]))]).await;
        fetch(&server.url, token).await.unwrap();
        assert_eq!(server.requests()[0].1["variables"]["token"], token);
    }
}

#[tokio::test]
async fn a_refused_token_is_told_in_zeros_words() {
    for status in [200, 400, 401] {
        let errors =
            json!({ "data": null, "errors": [{ "message": format!("unknown token {TOKEN}\nsorry") }] });
        let (line, asked) = refusal(vec![says(status, &errors)]).await;
        let why = r#"refuses ZERO_TOKEN: "unknown token (the token) sorry"; it takes a token that may read"#;
        assert!(line.contains(why), "{line}");
        assert_eq!(asked, 1, "nothing is gained by asking again");
    }
    let long = json!({ "errors": [{ "message": "x".repeat(100_000) }] });
    assert!(refusal(vec![says(200, &long)]).await.0.len() < 600);
}

#[tokio::test]
async fn a_status_is_told() {
    let html = || Manner::Says(401, "<html>".into());
    let (line, asked) = refusal(vec![html()]).await;
    assert!(line.contains("refuses ZERO_TOKEN: it answers 401;"), "{line}");
    assert_eq!(asked, 1);
    let (line, _) = refusal(vec![Manner::Says(404, "<html>".into())]).await;
    assert!(line.contains("is not the Zero secrets manager: it answers 404; check ZERO_URL"), "{line}");
    let (line, asked) = refusal(vec![Manner::Says(307, String::new())]).await;
    assert!(line.contains("a redirect (307), which is not followed"), "{line}");
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn a_server_in_trouble_is_asked_three_times() {
    let (line, asked) = refusal(vec![Manner::Says(500, "CANARY".into())]).await;
    assert!(line.contains("cannot be reached: it answers 500; check the network and ZERO_URL"), "{line}");
    assert_eq!(asked, 3);
    let (secrets, server) = fetched(vec![
        Manner::Says(503, String::new()),
        Manner::Drops,
        project(&json!([{ "name": "port", "value": "9000" }])),
    ])
    .await;
    assert_eq!(secrets.unwrap().variable("PORT"), Some("9000"));
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again() {
    let (secrets, server) = fetched(vec![Manner::Breaks, project(&json!([]))]).await;
    assert!(secrets.unwrap().is_empty());
    assert_eq!(server.requests().len(), 2);
    assert!(refusal(vec![Manner::Breaks]).await.0.contains("cannot be reached"));
}

#[tokio::test]
async fn nobody_there_is_told() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/graphql", listener.local_addr().unwrap());
    drop(listener);
    let line = fetch(&url, TOKEN).await.map(|_| ()).unwrap_err().to_string();
    assert!(line.contains(&url) && line.contains("Connection refused"), "{line}");
    assert!(line.contains("unset ZERO_TOKEN and give each variable itself"), "{line}");
}

#[tokio::test]
async fn a_server_that_hangs_is_not_waited_for_without_bound() {
    let begun = Instant::now();
    let (line, _) = refusal(vec![Manner::Hangs]).await;
    assert!(line.contains("it did not answer within 5 seconds"), "{line}");
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn what_is_no_answer_of_zero_is_told_without_repeating_it() {
    for body in [
        "CANARY",
        "",
        "{}",
        r#"{"data":null}"#,
        r#"{"data":{"secrets":"CANARY"}}"#,
        r#"{"data":{"secrets":[{"name":"evently","fields":[{"name":"x","value":"CANARY"},7]}]}}"#,
        r#"{"data":{"secrets":[{"name":"evently"}]},"CANARY":1}"#,
    ] {
        let (line, asked) = refusal(vec![Manner::Says(200, body.into())]).await;
        assert!(line.contains("its answer is not of the form"), "{line}");
        assert_eq!(asked, 1);
    }
}

#[tokio::test]
async fn a_huge_answer_is_not_read() {
    let (line, asked) = refusal(vec![Manner::Streams(64 * 1024 * 1024)]).await;
    assert!(line.contains("its answer has more than 1 MiB"), "{line}");
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn a_token_without_the_project_is_told() {
    let other = json!({ "data": { "secrets": [{ "name": "aws", "fields": [] }] } });
    for answer in [other, json!({ "data": { "secrets": [] } })] {
        let (line, _) = refusal(vec![says(200, &answer)]).await;
        assert!(line.contains("it shows no project `evently`; it takes a token that may read"), "{line}");
    }
}

#[tokio::test]
async fn no_token_is_sent_without_tls() {
    let line = fetch("http://zero.example/graphql", TOKEN).await.map(|_| ()).unwrap_err().to_string();
    assert!(line.starts_with("ZERO_URL is refused: http would show the token"), "{line}");
    // A server without TLS is given nothing but a greeting.
    let server = Server::start(vec![Manner::Drops]).await;
    let url = server.url.replace("http:", "https:");
    let line = fetch(&url, TOKEN).await.map(|_| ()).unwrap_err().to_string();
    assert!(line.contains("cannot be reached"), "{line}");
    assert!(server.requests().is_empty());
}

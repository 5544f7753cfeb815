//! Bodies that nobody well-meaning sends: each gets a problem of the contract, and none breaks anything.

use super::openapi::operations;
use super::support::{Answer, Call, World, call};
use serde_json::{Value, json};

/// Sends the same to every route with a body, as an administrator.
async fn to_every_route(
    world: &World,
    token: &str,
    change: impl Fn(Call, &Value) -> Call,
) -> Vec<(String, Answer)> {
    let mut answers = Vec::new();
    for operation in operations() {
        if let Some(schema) = &operation.schema {
            let request = change(call(&operation.method, &operation.path()).token(token), schema);
            answers.push((operation.name(), world.send(request).await));
        }
    }
    assert!(answers.len() >= 9);
    answers
}

fn json_bytes(request: Call, body: impl Into<Vec<u8>>) -> Call {
    request.header("content-type", "application/json").bytes(body)
}

#[actix_web::test]
async fn what_is_no_json_is_malformed() {
    let world = World::new().await;
    let (_, token) = world.admin("root").await;
    let deep = |open: &str, n| open.repeat(n).into_bytes();
    let bodies: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b" ".to_vec(),
        b"{".to_vec(),
        b"{}{}".to_vec(),
        b"{} x".to_vec(),
        b"\xff\xfe{}".to_vec(),
        b"{\"email\":\"\xc3\x28\"}".to_vec(),
        b"{\"email\":\"\\ud800\"}".to_vec(),
        b"{'a':1}".to_vec(),
        b"{\"a\":1,}".to_vec(),
        b"{\"a\":1,\"a\":1}".to_vec(),
        b"{\"x\":{\"a\":1,\"a\":2}}".to_vec(),
        b"{\"password\":\"a\",\"pass\\u0077ord\":\"b\"}".to_vec(),
        b"email=a%40example.com".to_vec(),
        b"<a/>".to_vec(),
        b"NaN".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"{\"a\":\"\x00\"}".to_vec(),
        deep("[", 200),
        deep("[", 60_000),
        deep("{\"a\":", 12_000),
    ];
    for body in bodies {
        for (name, answer) in
            to_every_route(&world, &token, |request, _| json_bytes(request, body.clone())).await
        {
            assert_eq!(
                answer.status,
                400,
                "{name} {:?}",
                String::from_utf8_lossy(&body[..body.len().min(40)])
            );
            answer.problem(400, "malformed-json");
        }
    }
    for (_, answer) in to_every_route(&world, &token, |request, _| request).await {
        answer.problem(400, "malformed-json");
    }
}

#[actix_web::test]
async fn what_is_json_but_no_object_is_refused() {
    let world = World::new().await;
    let (_, token) = world.admin("root").await;
    for body in ["[]", "null", "1", "\"x\"", "true", "[{}]"] {
        for (_, answer) in to_every_route(&world, &token, |request, _| json_bytes(request, body)).await {
            assert_eq!(answer.faults(), ["body wrong_type"]);
        }
    }
}

#[actix_web::test]
async fn only_json_is_taken() {
    let world = World::new().await;
    let (_, token) = world.admin("root").await;
    for media in
        ["text/plain", "application/xml", "multipart/form-data", "application/json; charset=latin1", "x"]
    {
        let answers =
            to_every_route(&world, &token, |request, _| request.header("content-type", media).bytes("{}"))
                .await;
        for (_, answer) in answers {
            answer.problem(415, "unsupported-media-type");
        }
    }
    for (_, answer) in to_every_route(&world, &token, |request, _| request.bytes("{}")).await {
        answer.problem(415, "unsupported-media-type");
    }
    let packed = |request: Call, _: &Value| json_bytes(request, "{}").header("content-encoding", "gzip");
    for (_, answer) in to_every_route(&world, &token, packed).await {
        answer.problem(415, "unsupported-media-type");
    }
}

#[actix_web::test]
async fn bodies_end_at_64_kib() {
    let world = World::new().await;
    let (_, token) = world.admin("root").await;
    let body = |length: usize| format!("{{\"x\":\"{}\"}}", "x".repeat(length - 8));
    for length in [64 * 1024 + 1, 1024 * 1024, 3 * 1024 * 1024] {
        for (_, answer) in
            to_every_route(&world, &token, |request, _| json_bytes(request, body(length))).await
        {
            answer.problem(413, "payload-too-large");
        }
    }
    for (name, answer) in
        to_every_route(&world, &token, |request, _| json_bytes(request, body(64 * 1024))).await
    {
        assert_ne!(answer.status, 413, "{name}");
    }
}

#[actix_web::test]
async fn strange_values_are_faults_and_never_failures() {
    let world = World::new().await;
    let (_, token) = world.admin("root").await;
    let values = [
        json!(""),
        json!(" "),
        json!("\u{0}"),
        json!("a\u{0}b"),
        json!("\u{202e}gnp.exe"),
        json!("\u{feff}"),
        json!("\u{10ffff}"),
        json!("е@пример"),
        json!("' OR 1=1 --"),
        json!("%s%n{}{{}}${jndi:x}"),
        json!("a@example.com\r\nBcc: b@example.com"),
        json!("<script>"),
        json!("../../etc/passwd"),
        json!("x".repeat(9_000)),
        json!("\u{1f980}".repeat(2_000)),
        json!("e\u{301}".repeat(3_000)),
        json!(-1),
        json!(1e300),
        json!(u64::MAX),
        json!([]),
        json!({}),
        json!(null),
        json!(true),
        json!([[[[]]]]),
    ];
    for value in values {
        let hostile = |request: Call, schema: &Value| {
            let members = schema["properties"].as_object().unwrap().keys();
            let body: Value = members
                .map(|member| (member.clone(), value.clone()))
                .collect::<serde_json::Map<_, _>>()
                .into();
            request.json(&body)
        };
        for (name, answer) in to_every_route(&world, &token, hostile).await {
            let shown = value.to_string().chars().take(40).collect::<String>();
            let expected = match name.as_str() {
                // Any text may be a refresh token, and some of these are passwords: nothing is wrong with their form.
                "POST /api/v1/auth/refresh" => [401, 422].as_slice(),
                "POST /api/v1/auth/change-password" => [400, 422, 429].as_slice(),
                _ => [422].as_slice(),
            };
            assert!(expected.contains(&answer.status), "{name} {shown}: {}", answer.status);
        }
    }
}

#[actix_web::test]
async fn members_that_would_grant_something_are_not_obeyed() {
    let world = World::new().await;
    let grants =
        json!({"role": "admin", "is_active": true, "is_verified": true, "is_superuser": true, "id": 1});
    let with = |mut body: Value| {
        body.as_object_mut().unwrap().extend(grants.as_object().unwrap().clone());
        body
    };
    let body = json!({"email": "ada@example.com", "username": "ada", "password": super::support::PASSWORD});
    let user = world.post("/api/v1/auth/register", with(body)).await.expect(201);
    assert_eq!((&user["role"], &user["is_verified"]), (&json!("user"), &json!(false)));
    let (id, token) = world.user("grace").await;
    let body = with(json!({"full_name": "Grace", "is_active": false, "pending_email": "x@example.com"}));
    let me = world.send(call("PUT", "/api/v1/auth/me").token(&token).json(&body)).await.expect(200);
    assert_eq!(me["role"], "user");
    assert_eq!(
        (&me["id"], &me["full_name"], &me["pending_email"]),
        (&json!(id), &json!("Grace"), &Value::Null)
    );
    world.send(call("GET", "/api/v1/admin/users").token(&token)).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn strange_paths_queries_and_headers_break_nothing() {
    let world = World::new().await;
    let (_, token) = world.admin("root").await;
    for path in [
        "/api",
        "/api/v1",
        "/api/v1/",
        "/api/v1/auth",
        "/api/v1/auth/login/",
        "/api/v1/auth/%00",
        "/x%ff",
        "/api/v1/admin/users/1/x",
        "//",
        "/..%2f..%2fetc/passwd",
        "/API/V1/AUTH/LOGIN",
        "/api/v2/auth/me",
        "/assets",
        "/assets/",
        "/docs/..",
    ] {
        world.get(path).await.problem(404, "not-found");
    }
    for query in
        ["%ff=%fe", "q=%ff", "&&&", "=", "skip=0&skip=1", "limit=1&limit=", "q=%F0%9F%A6%80", "q=%25%5F"]
    {
        let request = call("GET", &format!("/api/v1/admin/users?{query}")).token(&token);
        assert!(matches!(world.send(request).await.status, 200 | 422), "{query}");
    }
    for value in ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer a b", "bearer\ta"] {
        let answer = world.send(call("GET", "/api/v1/auth/me").header("authorization", value)).await;
        answer.problem(401, "invalid-token");
    }
    let long = "x".repeat(60_000);
    world.send(call("GET", "/api/v1/auth/me").token(&long)).await.problem(401, "invalid-token");
    world.send(call("GET", "/health/live").header("user-agent", &long)).await.expect(200);
}

#[actix_web::test]
async fn text_comes_back_as_text() {
    let world = World::new().await;
    let (_, token) = world.user("ada").await;
    let (_, root) = world.admin("root").await;
    for name in ["\"}],\"role\":\"admin\",\"x\":[{\"", "</script><script>alert(1)", "a\\u0022\\"] {
        let body = json!({"full_name": name});
        let me = world.send(call("PUT", "/api/v1/auth/me").token(&token).json(&body)).await.expect(200);
        assert_eq!((&me["full_name"], &me["role"]), (&json!(name), &json!("user")));
        let query: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let path = format!("/api/v1/admin/users?q={query}");
        let answer = world.send(call("GET", &path).token(&root)).await;
        assert_eq!(answer.expect(200)[0]["full_name"], name);
        let link = answer.header("link").unwrap();
        let targets: Vec<_> = link.split('<').skip(1).map(|part| part.split('>').next().unwrap()).collect();
        assert_eq!(targets.len(), 2, "first and last: {link}");
        assert!(targets.iter().all(|target| !target.contains(['"', '\\', ',', ' '])), "{link}");
    }
}

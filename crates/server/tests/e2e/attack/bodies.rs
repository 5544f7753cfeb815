//! Bodies of every size, depth and encoding: refused as what they are, soon, and without memory for them.

use super::raw::exchange;
use super::wire::assert_well;
use crate::harness::{Production, Tokens, body};
use reqwest::blocking::RequestBuilder;
use std::collections::BTreeSet;

/// Every route that reads a body.
const ROUTES: [(&str, &str); 10] = [
    ("POST", "auth/register"),
    ("POST", "auth/verify-email"),
    ("POST", "auth/resend-otp"),
    ("POST", "auth/login"),
    ("POST", "auth/refresh"),
    ("POST", "auth/forgot-password"),
    ("POST", "auth/reset-password"),
    ("PUT", "auth/me"),
    ("POST", "auth/change-password"),
    ("PUT", "admin/users/{user_id}"),
];

/// Some of those that anybody may post to.
pub(super) const POSTED: [&str; 4] =
    ["/api/v1/auth/login", "/api/v1/auth/register", "/api/v1/auth/refresh", "/api/v1/auth/reset-password"];

/// Whoever is on the other side of every route: somebody, and an administrator, who are the target as well.
pub(super) struct Callers {
    pub(super) somebody: Tokens,
    pub(super) root: Tokens,
    pub(super) id: i64,
}

pub(super) fn are_bounded(site: &Production, callers: &Callers) {
    let base = &site.bases[0];
    is_every_route(site);
    for (route, what, body, expected) in cases() {
        let request = request(site, callers, route);
        let answer = request.header("Content-Type", "application/json").body(body).send().unwrap();
        assert_eq!(answer.status(), expected, "{what} to {}", route.1);
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{what} to {}", route.1);
    }
    assert_well(base, "strange bodies");

    gzip_of_zeros(site, callers);
    let text = "{\"email\":\"ada@example.com\"}";
    for (name, value, status) in [
        ("Content-Encoding", "gzip", 415),
        ("Content-Encoding", "deflate", 415),
        ("Content-Encoding", "br", 415),
        ("Content-Encoding", "gzip, gzip, gzip", 415),
        ("Content-Encoding", "identity, gzip", 415),
        ("Content-Type", "text/plain", 415),
        ("Content-Type", "application/x-www-form-urlencoded", 415),
        ("Content-Type", "multipart/form-data; boundary=x", 415),
        ("Content-Type", "application/json; charset=utf-16", 415),
        ("Content-Type", "application/xml", 415),
        ("Content-Type", "application/jsonp", 415),
    ] {
        let mut request = site.http.post(format!("{base}/api/v1/auth/login")).header(name, value);
        if name != "Content-Type" {
            request = request.header("Content-Type", "application/json");
        }
        assert_eq!(request.body(text).send().unwrap().status(), status, "{name}: {value}");
    }

    // Announced, and chunked without any announcement.
    let head = "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    let megabyte = "x".repeat(1 << 20);
    let chunk = format!("100000\r\n{megabyte}\r\n");
    let announced = format!("{head}Content-Length: 9223372036854775807\r\n\r\n{}", megabyte.repeat(4));
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n{}", chunk.repeat(4));
    let extended =
        format!("{head}Transfer-Encoding: chunked\r\n\r\n2;{megabyte}\r\n{{}}\r\n0\r\nX: {megabyte}\r\n\r\n");
    let small = format!("{head}Transfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n", "1\r\n[\r\n".repeat(70_000));
    for (what, request, expected) in [
        ("an endless body", announced, 413),
        ("endless chunks", chunked, 413),
        ("small chunks", small, 413),
        ("long extensions and trailers", extended, 422),
    ] {
        let raw = exchange(base, request, 1);
        assert_eq!(raw.statuses(), [expected], "{what}: {}", raw.heard);
    }
    assert_well(base, "endless bodies");
}

/// The routes are those that read JSON according to the document as it is served.
fn is_every_route(site: &Production) {
    let document = body(site.get("/openapi.json").send().unwrap(), 200);
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation["requestBody"].is_object() {
                documented.insert((method.to_uppercase(), path.clone()));
            }
        }
    }
    let tried = ROUTES.map(|(method, path)| (method.to_owned(), format!("/api/v1/{path}")));
    assert_eq!(documented, BTreeSet::from(tried));
}

fn request(site: &Production, callers: &Callers, (method, path): (&str, &str)) -> RequestBuilder {
    let tokens = if path.starts_with("admin/") { &callers.root } else { &callers.somebody };
    let path = path.replace("{user_id}", &callers.id.to_string());
    let url = format!("{}/api/v1/{path}", site.bases[0]);
    site.http.request(method.parse().unwrap(), url).bearer_auth(&tokens.access)
}

type Case = ((&'static str, &'static str), &'static str, Vec<u8>, u16);

/// Each body to each route.
fn cases() -> Vec<Case> {
    let deep = |open: &str| open.repeat(10_000).into_bytes();
    let closed = |open: &str, close: &str| (open.repeat(10_000) + &close.repeat(10_000)).into_bytes();
    let wide = format!("{{{}\"z\":1}}", (0..5_000).map(|n| format!("\"k{n}\":0,")).collect::<String>());
    let bodies: Vec<(&'static str, Vec<u8>, u16)> = vec![
        ("nothing", Vec::new(), 400),
        ("deep arrays", deep("["), 400),
        ("deep closed arrays", closed("[", "]"), 400),
        ("deep objects", deep("{\"a\":"), 400),
        (
            "deep arrays in a member",
            format!("{{\"email\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000)).into(),
            400,
        ),
        ("a member twice", b"{\"email\":\"a@b.example\",\"email\":\"c@d.example\"}".to_vec(), 400),
        ("a member twice in disguise", b"{\"otp\":\"1\",\"\\u006ftp\":\"2\"}".to_vec(), 400),
        ("a member twice below", b"{\"x\":[{\"a\":1,\"a\":2}]}".to_vec(), 400),
        ("a lone byte", b"{\"email\":\"\xff\"}".to_vec(), 400),
        ("an overlong slash", b"{\"email\":\"\xc0\xaf\"}".to_vec(), 400),
        ("an overlong NUL", b"{\"email\":\"\xe0\x80\x80\"}".to_vec(), 400),
        ("five bytes", b"{\"email\":\"\xf8\x88\x80\x80\x80\"}".to_vec(), 400),
        ("a surrogate in UTF-8", b"{\"email\":\"\xed\xa0\x80\"}".to_vec(), 400),
        ("beyond Unicode", b"{\"email\":\"\xf4\x90\x80\x80\"}".to_vec(), 400),
        ("half a character", b"{\"email\":\"\xe2\x82\"}".to_vec(), 400),
        ("a lone surrogate", b"{\"email\":\"\\ud800\"}".to_vec(), 400),
        ("surrogates in disorder", b"{\"email\":\"\\udc00\\ud800\"}".to_vec(), 400),
        ("a raw NUL", b"{\"email\":\"\x00\"}".to_vec(), 400),
        ("UTF-16", b"\xff\xfe{\x00}\x00".to_vec(), 400),
        ("a byte order mark", b"\xef\xbb\xbf{}".to_vec(), 400),
        ("two texts", b"{}{}".to_vec(), 400),
        ("not a number", b"{\"a\":NaN}".to_vec(), 400),
        ("a number without end", format!("{{\"a\":1{}}}", "0".repeat(60_000)).into(), 400),
        ("64 KiB and a byte", vec![b' '; 64 * 1024 + 1], 413),
        ("a megabyte", vec![b'['; 1 << 20], 413),
        ("three megabytes", vec![b'x'; 3 << 20], 413),
        ("an array", b"[]".to_vec(), 422),
        ("null", b"null".to_vec(), 422),
        ("many members", wide.into(), 422),
        ("a NUL in every text", texts("\\u0000"), 422),
        ("an object for every text", texts_of("{}"), 422),
    ];
    let cases = ROUTES.into_iter().flat_map(|route| {
        let fits = move |(what, _, expected): &(&str, Vec<u8>, u16)| {
            // A profile needs no member, and some texts are passwords: there is nothing wrong with these.
            let is_lenient = matches!(route.1, "auth/me" | "auth/change-password" | "auth/refresh");
            let is_change = route.0 == "PUT";
            let is_no_fault = (is_lenient || is_change) && what.starts_with("many")
                || is_lenient && what.starts_with("a NUL");
            !(*expected == 422 && is_no_fault)
        };
        bodies.clone().into_iter().filter(fits).map(move |(what, body, status)| (route, what, body, status))
    });
    cases.collect()
}

fn texts(text: &str) -> Vec<u8> {
    texts_of(&format!("\"{text}\""))
}

/// All members that any route reads, with this value.
fn texts_of(value: &str) -> Vec<u8> {
    let names = "email username full_name password otp refresh_token current_password new_password";
    let members: Vec<_> = names.split(' ').map(|name| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(",")).into()
}

/// A compressed body is refused for its encoding, before anybody looks what comes of it.
fn gzip_of_zeros(site: &Production, callers: &Callers) {
    // The head, and a stored block of 65,535 zeros that breaks off: a decoder would wait for more.
    let mut bomb = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    bomb.extend([0, 0xff, 0xff, 0, 0]);
    bomb.extend([0; 60_000]);
    for route in ROUTES {
        let request = request(site, callers, route).header("Content-Type", "application/json");
        let request = request.header("Content-Encoding", "gzip");
        assert_eq!(request.body(bomb.clone()).send().unwrap().status(), 415, "{}", route.1);
    }
}

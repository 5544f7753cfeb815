//! Cross-origin requests (WHATWG Fetch): the listed origins and no others, and never all of them.

use crate::harness::{Production, Tokens};
use reqwest::Method;
use reqwest::blocking::Response;
use std::collections::BTreeSet;

const LISTED: [&str; 2] = ["https://app.example.com", "http://localhost:3000"];

/// Near misses of the listed ones.
const FOREIGN: [&str; 26] = [
    "null",
    "*",
    "",
    "https://evil.example",
    "http://app.example.com",
    "https://app.example.com:8443",
    "https://app.example.com:443",
    "https://app.example.com/",
    "https://app.example.com.evil.example",
    "https://evilapp.example.com",
    "https://app.example.comevil.example",
    "https://app.example.co",
    "https://example.com",
    "https://x.app.example.com",
    "https://app-example.com",
    "https://appxexample.com",
    "https://app.example.com@evil.example",
    "https://app.example.com%60.evil.example",
    "https://app.example.com, https://evil.example",
    "https://app.example.com https://evil.example",
    "HTTPS://APP.EXAMPLE.COM",
    "ftp://app.example.com",
    "http://localhost",
    "http://localhost:3001",
    "http://127.0.0.1:3000",
    "file://",
];

pub(super) fn are_told_apart(site: &Production, tokens: &Tokens) {
    let url = |path: &str| format!("{}{path}", site.bases[0]);
    let paths = ["/api/v1/auth/me", "/api/v1/auth/sessions", "/api/v1/auth/login", "/health", "/nowhere"];
    for origin in LISTED.iter().chain(&FOREIGN) {
        let is_listed = LISTED.contains(origin);
        for path in paths {
            for token in [None, Some(&tokens.access)] {
                for method in [Method::GET, Method::POST, Method::DELETE] {
                    if method == Method::DELETE && path == "/api/v1/auth/sessions" {
                        continue; // it would do what it says
                    }
                    let mut request = site.http.request(method.clone(), url(path)).header("Origin", *origin);
                    if let Some(token) = token {
                        request = request.bearer_auth(token);
                    }
                    let answer = request.header("Cookie", "session=x").send().unwrap();
                    assert!(answer.status().as_u16() < 500);
                    check(&answer, is_listed.then_some(*origin), &format!("{method} {path} from {origin:?}"));
                }
            }
            for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "GET, POST", "*", ""]
            {
                for headers in
                    [None, Some("authorization,content-type"), Some("x-evil"), Some("*"), Some("cookie")]
                {
                    let mut preflight =
                        site.http.request(Method::OPTIONS, url(path)).header("Origin", *origin);
                    preflight = preflight.header("Access-Control-Request-Method", method);
                    if let Some(headers) = headers {
                        preflight = preflight.header("Access-Control-Request-Headers", headers);
                    }
                    let answer =
                        preflight.header("Access-Control-Request-Private-Network", "true").send().unwrap();
                    let is_good = matches!(method, "GET" | "POST" | "PUT" | "DELETE")
                        && headers.is_none_or(|headers| headers.starts_with("auth"));
                    let what = format!("preflight for {method} {headers:?} {path} from {origin:?}");
                    if is_listed && is_good {
                        check(&answer, Some(origin), &what);
                        assert_eq!(answer.status(), 200, "{what}");
                        assert!(listed(&answer, "access-control-allow-methods").contains(method), "{what}");
                    } else if !is_listed {
                        check(&answer, None, &what);
                    } else {
                        let allowed = answer.headers().contains_key("access-control-allow-methods")
                            && listed(&answer, "access-control-allow-methods").contains(method)
                            && headers.is_none_or(|asked| {
                                listed(&answer, "access-control-allow-headers").contains(asked)
                            });
                        assert!(!allowed, "{what}");
                        assert_sound(&answer, &what);
                    }
                }
            }
        }
    }
    // Without an origin, or with two, nobody is let in.
    let none = site.http.get(url("/api/v1/auth/me")).send().unwrap();
    check(&none, None, "no origin");
    for pair in [[LISTED[0], FOREIGN[3]], [FOREIGN[3], LISTED[0]]] {
        let request =
            site.http.get(url("/api/v1/auth/me")).header("Origin", pair[0]).header("Origin", pair[1]);
        let answer = request.send().unwrap();
        let allowed = answer.headers().get("access-control-allow-origin");
        assert!(allowed.is_none_or(|origin| origin == LISTED[0]), "{pair:?}");
    }
}

/// `allowed` may read the answer, with credentials; nobody else is named in it.
fn check(answer: &Response, allowed: Option<&str>, what: &str) {
    assert_sound(answer, what);
    let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("access-control-allow-origin"), allowed, "{what}");
    assert_eq!(header("access-control-allow-credentials"), allowed.map(|_| "true"), "{what}");
    if allowed.is_none() {
        let named = answer.headers().keys().any(|name| name.as_str().starts_with("access-control-"));
        assert!(!named, "{what}: {:?}", answer.headers());
    }
}

/// What is true of every answer.
fn assert_sound(answer: &Response, what: &str) {
    assert!(listed(answer, "vary").contains("origin"), "{what}: {:?}", answer.headers());
    for (name, value) in answer.headers() {
        let is_wild = name.as_str().starts_with("access-control-allow") && value == "*";
        assert!(!is_wild, "{what}: {name}");
    }
    let private = answer.headers().get("access-control-allow-private-network");
    assert!(private.is_none(), "{what}");
}

/// The members of a list in a header: methods as they are, names in lower case.
fn listed(answer: &Response, name: &str) -> BTreeSet<String> {
    let values = answer.headers().get_all(name).iter().map(|value| value.to_str().unwrap());
    let is_name = name != "access-control-allow-methods";
    let members = values.flat_map(|value| value.split(',')).map(str::trim);
    members.map(|member| if is_name { member.to_lowercase() } else { member.to_owned() }).collect()
}

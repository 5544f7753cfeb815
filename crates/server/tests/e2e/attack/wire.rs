//! The wire: requests that two readers would take apart differently, bodies that nobody well-meaning sends, scripts of
//! other origins, and clients that stall. While the last are waited for, the others go on. A worker listens as well, for
//! health and measurements, and is confused, filled and held no more than a server.

use super::bodies::Callers;
use super::raw::exchange;
use super::{bodies, floods, origins, stalling};
use crate::harness::{Production, body};
use std::thread;
use std::time::{Duration, Instant};

/// Somebody who listens, and what can be asked there.
pub(super) struct Listener<'a> {
    pub(super) base: &'a str,
    /// A long answer.
    pub(super) long: &'static str,
    /// A route to post to, what it answers to a body that is no JSON, and whether it reads one before it answers.
    pub(super) post: &'static str,
    pub(super) answered: u16,
    pub(super) reads: bool,
    /// A route to post to that answers without reading the body.
    pub(super) unread: &'static str,
}

fn server(base: &str) -> Listener<'_> {
    let (post, unread) = ("/api/v1/auth/login", "/api/v1/auth/logout");
    Listener { base, long: "/openapi.json", post, answered: 400, reads: true, unread }
}

fn worker(base: &str) -> Listener<'_> {
    let (post, unread) = ("/health/live", "/nowhere");
    Listener { base, long: "/metrics", post, answered: 405, reads: false, unread }
}

#[test]
fn no_client_confuses_fills_or_holds_the_server() {
    let origins = [("CORS_ORIGINS", "https://app.example.com,http://localhost:3000")];
    let mut site = Production::prepare(&origins);
    site.add_server();
    let (process, base) = site.worker();
    let (server, worker) = (server(&site.bases[0]), worker(&base));
    let (somebody, root) = (site.signed_in("ada"), site.administrator("root"));
    let id = body(site.me(&somebody), 200)["id"].as_i64().unwrap();
    let callers = Callers { somebody, root, id };
    let tokens = &callers.somebody;
    thread::scope(|scope| {
        let stalled = [&server, &worker].map(|listener| scope.spawn(|| stalling::ends(listener)));
        has_one_reading(&server);
        has_one_reading(&worker);
        has_one_table(server.base);
        bodies::are_bounded(&site, &callers);
        floods::fill_nothing(server.base, &site.servers[0], &bodies::POSTED, &[413]);
        floods::fill_nothing(worker.base, &process, &[worker.post, worker.unread], &[405, 404]);
        origins::are_told_apart(&site, tokens);
        for stalled in stalled {
            stalled.join().unwrap();
        }
    });
    assert_eq!(site.me(tokens).status(), 200);
    // What it is there for goes on as well.
    site.signed_in("grace");
}

/// The server still answers, at once.
#[track_caller]
pub(super) fn assert_well(base: &str, after: &str) {
    let started = Instant::now();
    let health =
        exchange(base, "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", usize::MAX);
    assert_eq!(health.statuses(), [200], "after {after}: {}", health.heard);
    assert!(started.elapsed() < Duration::from_secs(5), "after {after}");
}

/// What is smuggled: of all answers its own is a 404 alone.
const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

/// A request whose end is in doubt is refused and the connection closed, so that nothing that follows is taken for a
/// request (RFC 9112, 6.3 and 11.2).
fn has_one_reading(listener: &Listener<'_>) {
    let Listener { base, post, answered, unread, .. } = *listener;
    let head = format!("POST {post} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n");
    for headers in [
        "Content-Length: 6\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 6",
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 50",
        "Content-Length: 5, 5",
        "Content-Length: 5,50",
        "Content-Length: +5",
        "Content-Length: -5",
        "Content-Length: -1",
        "Content-Length: 0x5",
        "Content-Length: 5 0",
        "Content-Length: 5;",
        "Content-Length: \"5\"",
        "Content-Length: 1e1",
        "Content-Length: ",
        "Content-Length: 99999999999999999999999",
        "Content-Length: 18446744073709551616",
        "Content-Length : 5",
        "Content-Length\t: 5",
        " Content-Length: 5",
        "X: y\r\n Content-Length: 5",
        "X: y\r\n\tTransfer-Encoding: chunked",
        "Transfer-Encoding:\r\n chunked",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: identity, chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: \u{b}chunked",
        "Transfer-Encoding: chunked\u{b}",
        "Transfer-Encoding: ",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "X\rTransfer-Encoding: chunked",
        "X: y\rTransfer-Encoding: chunked",
        "X\u{0}: y",
        "X: \u{0}",
        "Host: evil",
        ": y",
        "no colon",
    ] {
        let raw = exchange(base, format!("{head}{headers}\r\n\r\n0\r\n\r\n{SMUGGLED}"), usize::MAX);
        assert!(raw.is_closed && raw.statuses() == [400], "{headers:?}: {}", raw.heard);
    }
    let old = head.replace("HTTP/1.1", "HTTP/1.0");
    let raw =
        exchange(base, format!("{old}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{SMUGGLED}"), usize::MAX);
    assert!(raw.is_closed && !raw.heard.contains("404"), "{}", raw.heard);

    // Chunks that are none end the connection, with an answer or without.
    for chunks in [
        "-2\r\n{}\r\n0\r\n\r\n",
        "+2\r\n{}\r\n0\r\n\r\n",
        "0x2\r\n{}\r\n0\r\n\r\n",
        "2\n{}\n0\n\n",
        "2;a\nb\r\n{}\r\n0\r\n\r\n",
        "2\r\n{}XX0\r\n\r\n",
        "2 0\r\n{}\r\n0\r\n\r\n",
        "fffffffffffffffff\r\n{}\r\n0\r\n\r\n",
        "2\r\n{}0\r\n\r\n",
        "\r\n{}\r\n0\r\n\r\n",
        "x\r\n{}\r\n0\r\n\r\n",
    ] {
        let raw =
            exchange(base, format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunks}{SMUGGLED}"), usize::MAX);
        let refused = raw.statuses().iter().all(|status| [400, answered].contains(status));
        assert!(raw.is_closed && refused, "{chunks:?}: {}", raw.heard);
    }

    // A body is a body, read or not: what stands in it is no request, what stands after it is one.
    let inside = SMUGGLED.len();
    for (request, first) in [
        (format!("{head}Content-Length: {inside}\r\n\r\n{SMUGGLED}"), answered),
        (
            format!(
                "{head}Transfer-Encoding: chunked\r\n\r\n{inside:x};x=y\r\n{SMUGGLED}\r\n0\r\nX: y\r\n\r\n"
            ),
            answered,
        ),
        (format!("GET /health/live HTTP/1.1\r\nHost: x\r\nContent-Length: {inside}\r\n\r\n{SMUGGLED}"), 200),
        (
            format!("POST {unread} HTTP/1.1\r\nHost: x\r\nContent-Length: {inside}\r\n\r\n{SMUGGLED}"),
            if listener.reads { 401 } else { 404 },
        ),
        (format!("POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: {inside}\r\n\r\n{SMUGGLED}"), 404),
        (format!("DELETE /health HTTP/1.1\r\nHost: x\r\nContent-Length: {inside}\r\n\r\n{SMUGGLED}"), 405),
    ] {
        let next = "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        let raw = exchange(base, format!("{request}{next}"), usize::MAX);
        let statuses = raw.statuses();
        assert!(
            statuses == [first, 200] || (statuses == [first] && raw.is_closed),
            "{request}: {}",
            raw.heard
        );
    }
    // Nor does a change of protocol hand anything on.
    for upgrade in
        ["Connection: upgrade\r\nUpgrade: websocket", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c"]
    {
        let request = format!("GET /health/live HTTP/1.1\r\nHost: x\r\n{upgrade}\r\n\r\n");
        let raw = exchange(base, request, 1);
        assert_eq!(raw.statuses(), [200], "{upgrade}: {}", raw.heard);
    }

    let long = "a".repeat(200_000);
    let many: String = (0..300).map(|number| format!("X{number}: y\r\n")).collect();
    for (request, expected) in [
        (format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n"), &[431, 414, 400][..]),
        (format!("GET / HTTP/1.1\r\nHost: x\r\nX: {long}\r\n\r\n"), &[431]),
        (format!("GET / HTTP/1.1\r\nHost: x\r\n{many}\r\n"), &[431]),
        ("GET / HTTP/1.1\r\n\r\n".into(), &[400]),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".into(), &[400]),
        ("GET / HTTP/3.0\r\nHost: x\r\n\r\n".into(), &[400]),
        ("GET /\r\n\r\n".into(), &[400]),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(), &[400]),
        ("G\u{0}T / HTTP/1.1\r\nHost: x\r\n\r\n".into(), &[400]),
        ("GET /\u{e9} HTTP/1.1\r\nHost: x\r\n\r\n".into(), &[400]),
        ("GET / a HTTP/1.1\r\nHost: x\r\n\r\n".into(), &[400]),
        ("GET /\u{0} HTTP/1.1\r\nHost: x\r\n\r\n".into(), &[400]),
        ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n".into(), &[400]),
        (format!("{} /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "A".repeat(9_000)), &[405]),
    ] {
        let raw = exchange(base, &request, usize::MAX);
        let shown: String = request.chars().take(60).collect();
        let statuses = raw.statuses();
        assert!(
            raw.is_closed && statuses.len() == 1 && expected.contains(&statuses[0]),
            "{shown:?}: {}",
            raw.heard
        );
    }
    assert_well(base, "requests in doubt");
}

/// Methods and paths that are near those of the table are none of it.
fn has_one_table(base: &str) {
    let closing = |method: &str, path: &str| {
        exchange(
            base,
            format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            usize::MAX,
        )
    };
    for method in ["TRACE", "PATCH", "PROPFIND", "TRACK", "DEBUG", "get", "GETX", "PURGE", "M-SEARCH"] {
        let raw = closing(method, "/api/v1/auth/me");
        assert_eq!(raw.statuses(), [405], "{method}: {}", raw.heard);
        assert!(raw.heard.to_lowercase().contains("allow: "), "{method}: {}", raw.heard);
    }
    for path in [
        "/api/v1/auth/..%2f..%2fadmin/users",
        "/api/v1/auth/%2e%2e/admin/users",
        "/api/v1/admin%2fusers",
        "/api/v1/auth/../admin/users",
        "/api/v1//admin/users",
        "//api/v1/admin/users",
        "/api/v1/admin/users/",
        "/API/v1/admin/users",
        "/api/v1/admin/users%00",
        "/api/v1/admin/users%ff",
        "/api/v1/admin/users%c0%af",
        "/api/v1/admin/users;a=b",
        "/api/v1/admin/users%3fx",
        "/.env",
        "/dev/mailbox",
        "/docs/..%2f..%2f..%2fetc%2fpasswd",
        "/problems/..%2f..%2fetc%2fpasswd",
    ] {
        let raw = closing("GET", path);
        assert_eq!(raw.statuses(), [404], "{path}: {}", raw.heard);
    }
    // Percent-encoding of what needs none names the same route, with the same guard.
    assert_eq!(closing("GET", "/api/v1/%61dmin/users").statuses(), [401]);
    assert_well(base, "paths in doubt");
}

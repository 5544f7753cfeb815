//! Clients that ask nothing, never end their request, or do not take the answer: each connection ends by itself, in a
//! time that nobody can stretch.

use super::raw::Raw;
use super::wire::assert_well;
use std::time::{Duration, Instant};

const WHOLE: &str = "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n";
const UNREAD: &str = "POST /api/v1/auth/logout HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
const READ: &str = "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";

/// How long the headers of the first request, a body, and silence may take, in seconds; with time to spare on a busy
/// machine.
const HEADERS: u64 = 5 + 10;
const BODY: u64 = 10 + 2 + 10;
const SILENCE: u64 = 80 + 15;

/// A client: what it says first, what it trickles each second, and when it is gone at the latest, in seconds.
const CLIENTS: [(&str, &str, &str, u64); 9] = [
    ("says nothing", "", "", HEADERS),
    ("stops in its headers", "GET / HTTP/1.1\r\nHo", "", HEADERS),
    ("trickles its headers", "GET / HTTP/1.1\r\n", "X: y\r\n", HEADERS),
    ("stops in its body", "Content-Length: 50\r\n\r\n{", "", BODY),
    ("trickles its body", "Transfer-Encoding: chunked\r\n\r\n", "1\r\n{\r\n", BODY + SILENCE),
    ("asks no more", WHOLE, "", SILENCE),
    ("stops in its second headers", WHOLE, "GET", SILENCE),
    ("trickles its second headers", WHOLE, "X: y\r\n", SILENCE),
    ("trickles a body that nobody reads", UNREAD, "1\r\n{\r\n", SILENCE),
];

/// Runs all of them at once, some of each, and one kind more that asks and asks and reads nothing.
pub(super) fn ends(base: &str) {
    const EACH: usize = 20;
    let started = Instant::now();
    let mut open: Vec<(&str, &str, u64, Raw)> = Vec::new();
    for (kind, first, trickle, limit) in CLIENTS {
        for _ in 0..EACH {
            let mut raw = Raw::connect(base);
            let first = if kind.ends_with("its body") { format!("{READ}{first}") } else { first.to_owned() };
            raw.say(first);
            if kind.contains("second") {
                raw.say("GET / HTTP/1.1\r\n");
            }
            open.push((kind, trickle, limit, raw));
        }
    }
    let mut deaf: Vec<Raw> = (0..2).map(|_| Raw::connect(base)).collect();
    let asked = WHOLE.repeat(200);
    let mut others_were_served = false;
    while !open.is_empty() || !deaf.is_empty() {
        std::thread::sleep(Duration::from_secs(1));
        for (_, trickle, _, raw) in &mut open {
            raw.hear(Duration::from_millis(1), |_| false);
            raw.push(trickle.as_bytes());
        }
        for raw in &mut deaf {
            raw.push(asked.as_bytes());
        }
        open.retain(|(.., raw)| !raw.is_closed);
        deaf.retain(|raw| !raw.is_closed);
        let elapsed = started.elapsed().as_secs();
        for (kind, _, limit, _) in &open {
            assert!(elapsed < *limit, "who {kind} is still there");
        }
        assert!(deaf.is_empty() || elapsed < BODY + SILENCE, "who reads nothing is still there");
        // Once all of them have been at it for a while.
        if elapsed >= HEADERS / 2 && !others_were_served {
            assert_well(base, "clients that stall");
            others_were_served = true;
        }
    }
    assert!(others_were_served, "all were gone before anybody looked");
}

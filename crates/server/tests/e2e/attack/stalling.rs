//! Clients that ask nothing, never end their request, or do not take the answer: each connection ends by itself, in a
//! time that nobody can stretch.

use super::raw::Raw;
use super::wire::{Listener, assert_well};
use std::time::{Duration, Instant};

/// How long the headers of the first request, a body, and silence may take, in seconds; with time to spare on a busy
/// machine.
const HEADERS: u64 = 5 + 10;
const BODY: u64 = 10 + 2 + 10;
const SILENCE: u64 = 80 + 15;
/// How long a connection on which nothing is asked is kept at least: longer than the minute that balancers keep theirs.
const IDLE: u64 = 60;

/// A client: what it says first, what it trickles each second, and when it is gone at the latest, in seconds.
type Client = (&'static str, String, &'static str, u64);

fn clients(listener: &Listener<'_>) -> [Client; 9] {
    let chunked = "Transfer-Encoding: chunked\r\n\r\n";
    let read = format!("POST {} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n", listener.post);
    let whole = whole(listener);
    // Where nobody reads a body, who stops in it is silent like everybody.
    let body = if listener.reads { BODY } else { SILENCE };
    [
        ("says nothing", String::new(), "", SILENCE),
        ("stops in its headers", "GET / HTTP/1.1\r\nHo".to_owned(), "", HEADERS),
        ("trickles its headers", "GET / HTTP/1.1\r\n".to_owned(), "X: y\r\n", HEADERS),
        ("stops in its body", format!("{read}Content-Length: 50\r\n\r\n{{"), "", body),
        ("trickles its body", format!("{read}{chunked}"), "1\r\n{\r\n", BODY + SILENCE),
        ("asks no more", whole.clone(), "", SILENCE),
        ("stops in its second headers", format!("{whole}GET / HTTP/1.1\r\nHo"), "", SILENCE),
        ("trickles its second headers", format!("{whole}GET / HTTP/1.1\r\n"), "X: y\r\n", SILENCE),
        (
            "trickles a body that nobody reads",
            format!("POST {} HTTP/1.1\r\nHost: x\r\n{chunked}", listener.unread),
            "1\r\n{\r\n",
            SILENCE,
        ),
    ]
}

/// A request with a long answer.
fn whole(listener: &Listener<'_>) -> String {
    format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", listener.long)
}

/// Runs all of them at once, some of each, and one kind more that asks and asks and reads nothing.
pub(super) fn ends(listener: &Listener<'_>) {
    let base = listener.base;
    const EACH: usize = 20;
    let started = Instant::now();
    let mut open: Vec<(&str, &str, u64, Raw)> = Vec::new();
    for (kind, first, trickle, limit) in clients(listener) {
        for _ in 0..EACH {
            let mut raw = Raw::connect(base);
            raw.say(&first);
            open.push((kind, trickle, limit, raw));
        }
    }
    let mut deaf: Vec<Raw> = (0..2).map(|_| Raw::connect(base)).collect();
    let asked = whole(listener).repeat(200);
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
        let elapsed = started.elapsed().as_secs();
        for (kind, .., raw) in &open {
            let is_idle = ["says nothing", "asks no more"].contains(kind);
            assert!(
                !raw.is_closed || !is_idle || elapsed >= IDLE,
                "{base}: who {kind} is gone after {elapsed} s"
            );
        }
        open.retain(|(.., raw)| !raw.is_closed);
        deaf.retain(|raw| !raw.is_closed);
        for (kind, _, limit, _) in &open {
            assert!(elapsed < *limit, "{base}: who {kind} is still there");
        }
        assert!(deaf.is_empty() || elapsed < BODY + SILENCE, "{base}: who reads nothing is still there");
        // Once all of them have been at it for a while.
        if elapsed >= HEADERS / 2 && !others_were_served {
            assert_well(base, "clients that stall");
            others_were_served = true;
        }
    }
    assert!(others_were_served, "all were gone before anybody looked");
}

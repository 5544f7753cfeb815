//! What has to happen in a soak, so that it shows anything: people who could do nothing would keep every promise.

use super::book::Book;
use std::sync::atomic::Ordering;

/// Things that break, as the names of faults begin.
const FAMILIES: [&str; 5] = ["server", "worker", "PostgreSQL", "Redis", "sink"];
/// Writes that each minute has many of, also on a slow machine.
const COMMON: [&str; 16] = [
    "activate",
    "change password",
    "deactivate",
    "forgot",
    "login",
    "logout",
    "profile",
    "promote",
    "refresh",
    "register",
    "resend",
    "reset",
    "revoke all",
    "revoke one",
    "revoke others",
    "verify",
];
/// Those that need what others leave behind, or are rare by choice.
const RARE: [&str; 3] = ["delete", "demote", "theft"];
/// Of a hundred requests so many may be answered with 503.
const UNAVAILABLE: u64 = 40;

/// What is missing after so many `seconds` of trouble, a sentence each. A tenth of what two busy cores do is enough.
pub(super) fn missing(book: &Book, seconds: u64) -> Vec<String> {
    let mut missing = Vec::new();
    let (requests, unavailable) =
        (book.requests.load(Ordering::Relaxed), book.unavailable.load(Ordering::Relaxed));
    if unavailable * 100 > requests * UNAVAILABLE {
        missing.push(format!("{unavailable} of {requests} requests were answered with 503"));
    }
    let entries = book.entries();
    let mut at_least = |name: &str, count: u64, least: u64| {
        if count < least {
            missing.push(format!("{name}: {count}, not {least}"));
        }
    };
    at_least("requests", requests, 10 * seconds);
    at_least("accounts", entries.accounts as u64, seconds / 2);
    at_least("acknowledged writes", entries.acknowledged.values().sum(), 5 * seconds);
    at_least("faults", entries.faults.values().sum(), seconds / 6);
    for family in FAMILIES {
        let faults = entries.faults.iter().filter(|(name, _)| name.starts_with(family));
        let least = (seconds / 120).max(u64::from(seconds >= 60));
        at_least(&format!("faults of {family}"), faults.map(|(_, count)| count).sum(), least);
    }
    let kinds = COMMON.iter().filter(|_| seconds >= 60).chain(RARE.iter().filter(|_| seconds >= 300));
    for kind in kinds {
        at_least(kind, entries.acknowledged.get(kind).copied().unwrap_or_default(), 1);
    }
    missing
}

/// As much as a slow machine does in ten minutes.
fn full(seconds: u64) -> Book {
    let book = Book::new();
    book.requests.store(25 * seconds, Ordering::Relaxed);
    book.unavailable.store(5 * seconds, Ordering::Relaxed);
    let mut entries = book.entries();
    entries.accounts = usize::try_from(seconds).unwrap();
    entries.acknowledged.extend(COMMON.iter().chain(&RARE).map(|kind| (*kind, seconds)));
    let faults =
        ["server killed", "worker killed", "PostgreSQL frozen", "Redis flushed", "sink refused for now"];
    entries.faults.extend(faults.map(|name| (name, seconds / 30)));
    drop(entries);
    book
}

#[test]
fn a_soak_in_which_nothing_happened_shows_nothing() {
    let missing = missing(&Book::new(), 600);
    for what in
        ["requests: 0", "accounts: 0", "acknowledged writes: 0", "faults of Redis: 0, not 5", "theft: 0"]
    {
        assert!(missing.iter().any(|line| line.contains(what)), "{what}: {missing:#?}");
    }
    assert_eq!(missing.len(), 4 + FAMILIES.len() + COMMON.len() + RARE.len());
}

#[test]
#[should_panic(expected = "it shows nothing")]
fn a_soak_in_which_nothing_happened_fails() {
    Book::new().judge(1, 60);
}

#[test]
fn each_thing_that_is_missing_is_told() {
    for seconds in [60, 600] {
        assert_eq!(missing(&full(seconds), seconds), Vec::<String>::new());
    }
    let book = full(600);
    book.unavailable.store(600 * 25 / 2, Ordering::Relaxed);
    assert_eq!(missing(&book, 600), ["7500 of 15000 requests were answered with 503"]);
    let book = full(600);
    book.entries().faults.remove("Redis flushed");
    assert_eq!(missing(&book, 600), ["faults: 80, not 100", "faults of Redis: 0, not 5"]);
    let book = full(600);
    book.entries().acknowledged.remove("theft");
    assert_eq!(missing(&book, 600), ["theft: 0, not 1"]);
}

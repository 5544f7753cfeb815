//! What happened: faults, figures, violations; and what the faults excuse.

use super::account::LostRefresh;
use super::floors;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// What is told in full; of more there is only the number.
const TOLD: usize = 40;

pub(super) struct Book {
    pub(super) start: Instant,
    pub(super) requests: AtomicU64,
    pub(super) unavailable: AtomicU64,
    pub(super) lost: AtomicU64,
    entries: Mutex<Entries>,
}

#[derive(Default)]
pub(super) struct Entries {
    pub(super) accounts: usize,
    pub(super) acknowledged: BTreeMap<&'static str, u64>,
    pub(super) faults: BTreeMap<&'static str, u64>,
    pub(super) longest_recovery: Duration,
    pub(super) duplicates: usize,
    /// Sessions that ended, as it seems, because a request whose answer was lost arrived late.
    pub(super) late: Vec<(String, LostRefresh)>,
    violations: Vec<String>,
    timeline: Vec<String>,
    /// While Redis is frozen, and what comes of it.
    frozen: Vec<(Instant, Option<Instant>)>,
    /// Between these moments Redis lost what it knew.
    forgot: Vec<(Instant, Option<Instant>)>,
}

/// An acknowledged change: when it was asked for, when it was answered, and by which server.
#[derive(Clone, Copy)]
pub(super) struct Change {
    pub(super) asked: Instant,
    pub(super) answered: Instant,
    pub(super) server: usize,
}

impl Book {
    pub(super) fn new() -> Self {
        Self {
            start: Instant::now(),
            requests: AtomicU64::new(0),
            unavailable: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            entries: Mutex::default(),
        }
    }

    pub(super) fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap()
    }

    fn stamp(&self) -> String {
        format!("{:7.3} s", self.start.elapsed().as_secs_f64())
    }

    pub(super) fn violation(&self, what: impl AsRef<str>) {
        let line = format!("{}  {}", self.stamp(), what.as_ref());
        eprintln!("VIOLATION {line}");
        self.entries().violations.push(line);
    }

    pub(super) fn note(&self, what: impl AsRef<str>) {
        let line = format!("{}  {}", self.stamp(), what.as_ref());
        self.entries().timeline.push(line);
    }

    pub(super) fn fault(&self, name: &'static str) {
        *self.entries().faults.entry(name).or_default() += 1;
    }

    pub(super) fn acknowledge(&self, kind: &'static str) {
        *self.entries().acknowledged.entry(kind).or_default() += 1;
    }

    pub(super) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn redis_freezes(&self) {
        self.entries().frozen.push((Instant::now(), None));
    }

    pub(super) fn redis_thaws(&self) {
        if let Some((_, end)) = self.entries().frozen.last_mut() {
            *end = Some(Instant::now());
        }
    }

    pub(super) fn redis_begins_to_forget(&self) {
        self.entries().forgot.push((Instant::now(), None));
    }

    pub(super) fn redis_forgot(&self) {
        if let Some((_, end)) = self.entries().forgot.last_mut() {
            *end = Some(Instant::now());
        }
    }

    /// Whether a code that was put after `since` may be lost.
    pub(super) fn codes_may_be_lost(&self, since: Instant) -> bool {
        self.entries().forgot.iter().any(|(_, end)| end.is_none_or(|end| end >= since))
    }

    /// Whether a request that is sent to `server` at `sent` has to know of `change` (security.md): the next one on the
    /// same instance, within a second on others, within five while Redis is frozen.
    pub(super) fn is_known(&self, change: &Change, server: usize, sent: Instant) -> bool {
        if server == change.server {
            return sent >= change.answered;
        }
        let one = Duration::from_secs(1);
        let frozen = |(from, to): &(Instant, Option<Instant>)| {
            *from <= sent && to.is_none_or(|to| to + one >= change.asked)
        };
        let allowed = if self.entries().frozen.iter().any(frozen) { 5 * one } else { one };
        sent >= change.answered + allowed
    }

    /// Fails with everything that is known, when a promise was broken in these `seconds`; or when hardly anything
    /// happened that could have broken one.
    pub(super) fn judge(&self, seed: u64, seconds: u64) {
        let told = self.told();
        let told: Vec<_> = told.iter().take(TOLD).map(String::as_str).collect();
        let entries = self.entries();
        assert!(
            entries.violations.is_empty(),
            "seed {seed}: {} violations\n{}\nfaults and recoveries\n{}",
            entries.violations.len(),
            told.join("\n"),
            entries.timeline.join("\n"),
        );
        drop(entries);
        let missing = floors::missing(self, seconds);
        assert!(missing.is_empty(), "seed {seed}: it shows nothing\n{}", missing.join("\n"));
    }

    /// The violations.
    pub(super) fn told(&self) -> Vec<String> {
        self.entries().violations.clone()
    }
}

#[test]
fn a_code_may_be_lost_from_the_moment_at_which_redis_begins_to_forget() {
    let book = Book::new();
    let before = Instant::now();
    assert!(!book.codes_may_be_lost(before));
    book.redis_begins_to_forget();
    assert!(book.codes_may_be_lost(before) && book.codes_may_be_lost(Instant::now()));
    book.redis_forgot();
    assert!(
        book.codes_may_be_lost(before) && !book.codes_may_be_lost(Instant::now() + Duration::from_secs(1))
    );
}

#[test]
fn a_change_has_to_be_known_at_once_on_its_instance_and_within_a_second_elsewhere() {
    let (book, now) = (Book::new(), Instant::now());
    let change = Change { asked: now, answered: now, server: 0 };
    let after = |millis| now + Duration::from_millis(millis);
    assert!(book.is_known(&change, 0, now));
    assert!(!book.is_known(&change, 1, after(999)) && book.is_known(&change, 1, after(1_000)));
    book.redis_freezes();
    assert!(book.is_known(&change, 0, after(2_000)));
    assert!(!book.is_known(&change, 1, after(4_999)) && book.is_known(&change, 1, after(5_000)));
}

//! The figures of a soak, as docs/reliability.md shows them.

use super::world::World;
use std::fmt::{Display, Write};
use std::sync::atomic::Ordering;

pub(super) fn figures(world: &World, seconds: u64) -> String {
    let book = &world.book;
    let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    let (requests, unavailable, lost) = (count(&book.requests), count(&book.unavailable), count(&book.lost));
    let share = |part: u64| format!("{part} ({:.2} %)", 100.0 * part as f64 / requests.max(1) as f64);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let violations = book.told().len();
    let entries = book.entries();
    let mut text = String::from("\n| figure | value |\n| --- | --- |\n");
    let mut row = |name: &str, value: &dyn Display| writeln!(text, "| {name} | {value} |").unwrap();
    row("seed", &world.seed);
    row("minutes of chaos", &format!("{:.1}", seconds as f64 / 60.0));
    row("cores of the machine", &cores);
    row("accounts", &entries.accounts);
    row("requests", &requests);
    row("answered with 503", &share(unavailable));
    row("answer lost", &share(lost));
    row("acknowledged writes", &listed(entries.acknowledged.iter()));
    row("faults", &listed(entries.faults.iter()));
    row("longest time to serve everything again", &format!("{} ms", entries.longest_recovery.as_millis()));
    row("mails that came twice", &entries.duplicates);
    row("sessions ended by a late duplicate of a refresh", &entries.late.len());
    row("violations", &violations);
    text
}

fn listed<'a>(counts: impl Iterator<Item = (&'a &'static str, &'a u64)> + Clone) -> String {
    let total: u64 = counts.clone().map(|(_, count)| count).sum();
    let each: Vec<_> = counts.map(|(name, count)| format!("{name} {count}")).collect();
    format!("{total}: {}", each.join(", "))
}

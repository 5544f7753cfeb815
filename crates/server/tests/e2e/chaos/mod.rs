//! Chaos: people use the service while its parts are killed, stopped and frozen, and every acknowledged write is held
//! against tokens, database and mailbox: nothing is lost, and nothing granted.
//!
//! A minute of it is part of the tests; `cargo xtask chaos --minutes 10 --seed S` is the long form. The seed repeats the
//! faults, not the moments at which requests meet them.

mod account;
mod administration;
mod afterwards;
mod book;
mod dice;
mod faults;
mod floors;
mod letters;
mod oracle;
mod passwords;
mod person;
mod planted;
mod report;
mod sessions;
mod signup;
mod soak;
mod visit;
mod world;

use faults::Operator;
use person::Person;
use soak::Soak;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const PEOPLE: u64 = 16;
/// Of a hundred requests so many get hardly any time.
const IMPATIENCE: u64 = 3;

#[test]
fn a_minute_of_chaos_loses_nothing_and_grants_nothing() {
    let (seconds, seed) = (setting("CHAOS_SECONDS", 60), setting("CHAOS_SEED", 1));
    let mut soak = Soak::prepare(seed, IMPATIENCE);
    let servers = std::mem::take(&mut soak.site.servers);
    let workers = (0..2).map(|_| soak.site.worker()).collect();
    let operator = Operator::new(&soak.site, &soak.world, servers, workers);

    let people = (1..=PEOPLE).map(|number| Person::new(seed, number).live(soak.world.clone()));
    let accounts = soak.live(people, || {
        operator.trouble(Instant::now() + Duration::from_secs(seconds));
        soak.world.done.store(true, Ordering::Relaxed);
    });
    let accounts = accounts.into_iter().flatten().collect();
    // The minute of a lease is too long for the short form.
    soak.hold(accounts, seconds <= 60);
    operator.recover();
    operator.look_at_processes();
    println!("{}", report::figures(&soak.world, seconds));
    soak.world.book.judge(seed, seconds);
}

/// What `cargo xtask chaos` says.
#[expect(clippy::disallowed_methods, reason = "the settings of a test are no settings of the service")]
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

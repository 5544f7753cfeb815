//! The short form: 100,000 schedules, in four shards that a test runner takes side by side.

#![allow(clippy::panic, reason = "a helper of tests may fail loudly")]

use evently_auth_simulation::{Counts, Report, run};
use std::collections::BTreeMap;

const SHARD: u64 = 25_000;

#[test]
fn every_promise_is_kept_in_the_first_quarter_of_100_000_schedules() {
    every_promise_is_kept(0);
}

#[test]
fn every_promise_is_kept_in_the_second_quarter_of_100_000_schedules() {
    every_promise_is_kept(1);
}

#[test]
fn every_promise_is_kept_in_the_third_quarter_of_100_000_schedules() {
    every_promise_is_kept(2);
}

#[test]
fn every_promise_is_kept_in_the_last_quarter_of_100_000_schedules() {
    every_promise_is_kept(3);
}

#[track_caller]
fn every_promise_is_kept(shard: u64) {
    let mut counts = Counts::default();
    let mut answers = BTreeMap::new();
    for seed in shard * SHARD..(shard + 1) * SHARD {
        match run(seed, None) {
            Ok(report) => add(&report, &mut counts, &mut answers),
            Err(failure) => panic!("\n{failure}"),
        }
    }
    nothing_was_left_out(&counts, &answers);
}

fn add(report: &Report, counts: &mut Counts, answers: &mut BTreeMap<(&'static str, &'static str), u64>) {
    *counts += report.counts;
    for (answer, times) in &report.answers {
        *answers.entry(*answer).or_default() += times;
    }
}

/// Schedules that avoid what is dangerous would keep every promise.
#[track_caller]
fn nothing_was_left_out(counts: &Counts, answers: &BTreeMap<(&'static str, &'static str), u64>) {
    let Counts { steps, requests, port_calls, refused, answers_lost, crashes, hang_ups, jumps } = *counts;
    let least = [requests / 50, steps / 200];
    assert!(steps > requests && requests > SHARD * 10 && port_calls > requests * 2, "{counts:?}");
    assert!(refused > least[0] / 2 && answers_lost > least[0] / 2, "{counts:?}");
    assert!(crashes > least[0] / 4 && hang_ups > least[0] / 4 && jumps > least[1], "{counts:?}");
    let mut requests: Vec<_> = answers.keys().map(|(what, _)| *what).collect();
    requests.dedup();
    assert_eq!(requests.len(), 25, "{requests:?}");
    for what in requests {
        for how in ["done", "a failure of ours"] {
            assert!(answers.contains_key(&(what, how)), "{what} was never answered \"{how}\"");
        }
    }
    for (what, how) in [
        ("log in", "invalid"),
        ("log in", "limited"),
        ("log in", "refused"),
        ("refresh", "invalid"),
        ("look", "not authenticated"),
        ("register", "refused"),
        ("register", "limited"),
        ("verify e-mail", "invalid"),
        ("verify e-mail", "limited"),
        ("reset password", "invalid"),
        ("reset password", "limited"),
        ("forgot password", "limited"),
        ("change password", "invalid"),
        ("ask to move", "invalid"),
        ("demote user", "refused"),
    ] {
        let times = answers.get(&(what, how)).copied().unwrap_or_default();
        assert!(times > 0, "{what} was never answered \"{how}\"");
    }
}

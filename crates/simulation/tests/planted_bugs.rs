//! What the simulation is worth: each planted mistake is found within so many schedules, by what it does to people, and
//! its seed alone finds it again.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of tests may fail loudly")]

use evently_auth_simulation::{Bug, run};

/// The first seed of `within` that finds the bug; it says `message`, and says it again.
#[track_caller]
fn is_found(bug: Bug, within: u64, message: &str) {
    let failure = (0..within).find_map(|seed| run(seed, Some(bug)).err());
    let failure = failure.unwrap_or_else(|| panic!("{bug:?} was not found in {within} schedules"));
    assert!(failure.message.contains(message), "{bug:?}: {failure}");
    assert_eq!(run(failure.seed, Some(bug)).unwrap_err(), failure, "its seed alone finds it again");
    assert!(run(failure.seed, None).is_ok(), "it is the bug that the seed finds");
    println!("{bug:?} is found by seed {}: {}", failure.seed, failure.message);
}

#[test]
fn a_rotation_that_does_not_ask_from_where_is_found() {
    is_found(Bug::RotatesFromAnywhere, 1_000, "refresh token");
}

#[test]
fn a_code_that_is_compared_before_it_is_counted_is_found() {
    is_found(Bug::ComparesBeforeCounting, 1_000, "that was made 1 times was accepted 2 times");
}

#[test]
fn wrong_guesses_that_are_not_counted_are_found() {
    is_found(Bug::ForgetsWrongGuesses, 5_000, "was accepted after");
}

#[test]
fn a_logout_that_ends_a_cached_copy_alone_is_found() {
    is_found(Bug::LogsOutOfTheCache, 1_000, "ended");
}

#[test]
fn a_mail_that_is_written_after_its_cause_is_found() {
    is_found(Bug::MailsAfterwards, 5_000, "its mail is nowhere");
}

#[test]
fn a_limit_that_is_looked_at_before_it_is_counted_is_found() {
    is_found(Bug::LooksBeforeCounting, 1_000, "requests were admitted");
}

#[test]
fn a_failed_lookup_that_is_taken_for_absence_is_found() {
    is_found(Bug::TakesFailureForAbsence, 1_000, "for a failure of ours");
}

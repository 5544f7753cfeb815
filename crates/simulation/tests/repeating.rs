//! A schedule is its seed: nothing else has a say in it.

use evently_auth_simulation::{Bug, run};
use std::collections::BTreeSet;

#[test]
fn a_seed_gives_the_same_schedule_each_time() {
    for seed in 0..300 {
        assert_eq!(run(seed, None).unwrap(), run(seed, None).unwrap(), "seed {seed}");
    }
}

#[test]
fn other_seeds_give_other_schedules() {
    let digests: BTreeSet<u64> = (0..300).map(|seed| run(seed, None).unwrap().digest).collect();
    assert_eq!(digests.len(), 300);
}

/// Person 3 moves to an address of person 2, who then resets a password with a code that came there.
#[test]
fn an_address_that_changed_hands_resets_nobodys_password_for_certain() {
    run(380_061, None).unwrap();
}

#[test]
fn a_failure_says_what_happened_and_how_to_see_it_again() {
    let failure = (0..).find_map(|seed| run(seed, Some(Bug::TakesFailureForAbsence)).err()).unwrap();
    let told = failure.to_string();
    assert!(told.ends_with(&format!("again: cargo xtask simulate --seed {}", failure.seed)), "{told}");
    assert!(told.contains(&failure.message) && told.contains("sessions.find"), "{told}");
    assert!(told.lines().count() > 10, "{told}");
}

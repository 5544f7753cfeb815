//! Who has an account, and in which state it is, is told by no delay either. Each route is measured where answers could
//! differ: logins with their hash, codes while there is one to compare with.

use super::enumeration::{PEOPLE, QUESTIONS, Question, STRANGER, ask};
use super::stopwatch::{Dice, differ, enough, middle, resolution, slower};
use crate::harness::Production;
use serde_json::Value;
use std::time::{Duration, Instant};

/// Others whom nobody knows: what is asked about one takes a planted moment longer, and another has the rest of it.
const DELAYED: &str = "nobody-late";
const BYSTANDER: &str = "nobody-else";
/// Samples of each kind where a password is hashed, and where a sample costs next to nothing.
const HASHED: usize = 120;
const CHEAP: usize = 180;
/// Attempts at a code until another one is needed.
const ATTEMPTS: usize = 3;

/// Requests to compare: about whom, what, and what else is done while the time is taken.
struct Kind<'a> {
    name: &'a str,
    question: &'a Question,
    planted: fn(&Production),
}

/// Nothing is planted.
fn nothing(_: &Production) {}

/// Two more round trips that touch no store and hash nothing.
fn round_trips(site: &Production) {
    for _ in 0..2 {
        assert_eq!(site.get("/health/live").send().unwrap().status(), 200);
    }
}

/// One more round trip with what every route does and no hash: limits, Redis, and a row of the audit.
fn attempt(site: &Production) {
    assert_eq!(ask(site, &QUESTIONS[2], BYSTANDER).status(), 400);
}

/// Three of them: where a password is hashed, a busy machine spreads times more widely.
fn attempts(site: &Production) {
    (0..3).for_each(|_| attempt(site));
}

/// What gives everybody another code to try, or none, and as many attempts.
fn renewal(question: &Question) -> Option<&'static Question> {
    let [.., resend, forgot, _] = &QUESTIONS;
    match question.1 {
        "verify-email" => Some(resend),
        "reset-password" => Some(forgot),
        _ => None,
    }
}

/// The time that each of `kinds` takes, sampled in turns, [`enough`] of each; what is planted is in the last `planted`.
fn sampled(site: &Production, kinds: &[Kind<'_>], least: usize, planted: usize) -> Vec<Vec<Duration>> {
    site.runtime.block_on(site.redis.flush()).unwrap();
    let mut samples = vec![Vec::new(); kinds.len()];
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    // The first ones warm up connections and caches.
    turns(site, kinds, &mut dice, &mut samples);
    samples.iter_mut().for_each(Vec::clear);
    while !enough(least, &samples[0], &samples[kinds.len() - planted..]) {
        turns(site, kinds, &mut dice, &mut samples);
    }
    samples
}

/// As many samples of each kind as there are attempts at a code, with the code's renewal before them.
fn turns(site: &Production, kinds: &[Kind<'_>], dice: &mut Dice, samples: &mut [Vec<Duration>]) {
    for kind in dice.order(kinds.len()) {
        if let Some(renewal) = renewal(kinds[kind].question) {
            assert_eq!(ask(site, renewal, kinds[kind].name).status(), 200);
        }
    }
    let mut was_guessed = false;
    for attempt in 1..=ATTEMPTS {
        for kind in dice.order(kinds.len()) {
            let Kind { name, question, planted } = kinds[kind];
            let started = Instant::now();
            let answer = ask(site, question, name);
            planted(site);
            samples[kind].push(started.elapsed());
            let status = answer.status();
            assert!(status != 429 && !status.is_server_error(), "{status}");
            if renewal(question).is_some() {
                // Once in a thousand runs the wrong code is the right one.
                was_guessed |= status == 200;
                let left = answer.json::<Value>().unwrap()["remaining_attempts"].as_u64();
                let is_compared = left == u64::try_from(ATTEMPTS - attempt).ok();
                assert!(is_compared || was_guessed, "attempt {attempt} at a code is compared with nothing");
            }
        }
    }
}

pub(super) fn tell_nobody(site: &Production) {
    let mut told = Vec::new();
    for question in &QUESTIONS {
        // From where an account was found on both logins are one.
        let people = if question.0 == "login by username" { &PEOPLE[..2] } else { &PEOPLE };
        let kind = |name| Kind { name, question, planted: nothing };
        let mut kinds: Vec<Kind<'_>> = people.iter().map(|name| kind(*name)).collect();
        let is_login = question.1 == "login";
        let plant = match question.1 {
            "login" => attempts,
            "verify-email" | "reset-password" => round_trips,
            _ => attempt,
        };
        kinds.push(Kind { planted: plant, ..kind(DELAYED) });
        if is_login {
            // What a login would be if nobody hashed a password for a stranger.
            kinds.push(Kind { question: &QUESTIONS[2], ..kind(DELAYED) });
        }
        let least = if is_login { HASHED } else { CHEAP };
        let samples = sampled(site, &kinds, least, kinds.len() - people.len());
        let (what, nobody, controls) = (question.0, &samples[0], &samples[people.len()..]);
        let chances: Vec<_> = samples.iter().map(|these| format!("{:.3}", slower(these, nobody))).collect();
        let (middles, least) = ([middle(nobody), middle(&controls[0])], resolution(nobody));
        println!("{what}: {chances:?}, {middles:?}, {least:?} more would be noticed");
        for control in controls {
            assert!(differ(control, nobody), "{what}: what is planted goes unnoticed: {chances:?}");
        }
        for (name, these) in people.iter().zip(&samples).skip(1) {
            let (chance, middles) = (slower(these, &samples[0]), [middle(these), middle(&samples[0])]);
            if differ(these, &samples[0]) {
                told.push(format!("{what}: {name} is slower than {STRANGER} at {chance:.2}, {middles:?}"));
            }
        }
    }
    assert_eq!(told, Vec::<String>::new());
}

//! Who has an account, and in which state it is, is told by no delay either. Each route is measured where answers could
//! differ: logins with their hash, codes while there is one to compare with.

use super::enumeration::{PEOPLE, QUESTIONS, Question, STRANGER, ask};
use super::stopwatch::{Dice, differ, middle, resolution, slower};
use crate::harness::Production;
use std::time::{Duration, Instant};

/// Others whom nobody knows: what is asked about one takes a planted moment longer, and another has the rest of it.
const DELAYED: &str = "nobody-late";
const BYSTANDER: &str = "nobody-else";
/// Samples of each kind where a password is hashed, and where a sample costs next to nothing.
const HASHED: usize = 120;
const CHEAP: usize = 300;
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

/// As much again: where a password is hashed, a busy machine spreads times more widely.
fn attempts(site: &Production) {
    attempt(site);
    attempt(site);
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

/// The time that each of `kinds` takes, sampled in turns.
fn sampled(site: &Production, kinds: &[Kind<'_>], rounds: usize) -> Vec<Vec<Duration>> {
    site.runtime.block_on(site.redis.flush()).unwrap();
    let mut samples = vec![Vec::new(); kinds.len()];
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let warming = 2 * ATTEMPTS;
    let mut compared = 0;
    for round in 0..rounds + warming {
        for kind in dice.order(kinds.len()).into_iter().filter(|_| round % ATTEMPTS == 0) {
            if let Some(renewal) = renewal(kinds[kind].question) {
                assert_eq!(ask(site, renewal, kinds[kind].name).status(), 200);
            }
        }
        for kind in dice.order(kinds.len()) {
            let Kind { name, question, planted } = kinds[kind];
            let started = Instant::now();
            let answer = ask(site, question, name);
            planted(site);
            let took = started.elapsed();
            let status = answer.status();
            assert!(status != 429 && !status.is_server_error(), "{status}");
            if renewal(question).is_some() {
                let left = answer.json::<serde_json::Value>().unwrap()["remaining_attempts"].as_u64();
                compared += usize::from(left == u64::try_from(ATTEMPTS - 1 - round % ATTEMPTS).ok());
            }
            // The first ones warm up connections and caches.
            if round >= warming {
                samples[kind].push(took);
            }
        }
    }
    if kinds.iter().all(|kind| renewal(kind.question).is_some()) {
        // All but those after a lucky guess, which happens once in a thousand runs.
        let missed = (rounds + warming) * kinds.len() - compared;
        assert!(missed <= ATTEMPTS, "{missed} attempts were compared with nothing");
    }
    samples
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
        let samples = sampled(site, &kinds, if is_login { HASHED } else { CHEAP });
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

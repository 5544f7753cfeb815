//! The count of attempts under any interleaving of new codes, guesses and pauses.
#![allow(missing_docs)]

use chrono::TimeDelta;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::UserId;
use evently_auth_domain::code::{CodeCheck, CodeEntry, CodeMac, LIFETIME, MAX_ATTEMPTS, StoredCode};
use evently_auth_domain::code_note::SealedNote;
use proptest::prelude::*;

#[derive(Debug, Clone, Copy)]
enum Step {
    Put { mac: u8 },
    Guess { mac: u8 },
    Wait { seconds: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => (0_u8..4).prop_map(|mac| Step::Put { mac }),
        5 => (0_u8..4).prop_map(|mac| Step::Guess { mac }),
        2 => (0_i64..400).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

fn stored(mac: u8) -> StoredCode {
    StoredCode {
        mac: CodeMac([mac; 32]),
        subject: UserId(i64::from(mac) + 1),
        note: Some(SealedNote(vec![mac])),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_code_is_compared_three_times_and_accepted_once(steps in prop::collection::vec(step(), 1..80)) {
        let mut now = Timestamp::UNIX_EPOCH;
        let mut entry = CodeEntry::default();
        let mut current: Option<(u8, Timestamp)> = None;
        let mut compared = 0;
        for step in steps {
            match step {
                Step::Wait { seconds } => now += TimeDelta::seconds(seconds),
                Step::Put { mac } => {
                    entry = CodeEntry::issued(Some(stored(mac)), now);
                    current = Some((mac, now + LIFETIME));
                    compared = 0;
                }
                Step::Guess { mac } => {
                    let works = current.is_some_and(|(code, ends)| code == mac && ends > now);
                    let (next, outcome) = entry.check(CodeMac([mac; 32]), now);
                    entry = next;
                    match outcome {
                        CodeCheck::Accepted(taken) => {
                            prop_assert!(works && compared < MAX_ATTEMPTS);
                            prop_assert_eq!(taken.code, stored(mac));
                            current = None;
                        }
                        CodeCheck::Rejected { remaining } => {
                            prop_assert!(remaining < MAX_ATTEMPTS);
                            prop_assert!(!works || compared >= MAX_ATTEMPTS, "a working code was refused");
                        }
                    }
                    compared += 1;
                }
            }
        }
    }

    /// Wrong guesses are answered alike whether the address has a code or not.
    #[test]
    fn nobody_can_tell_whether_there_is_a_code(steps in prop::collection::vec(step(), 1..80)) {
        let mut now = Timestamp::UNIX_EPOCH;
        let (mut with, mut without) = (CodeEntry::issued(Some(stored(9)), now), CodeEntry::issued(None, now));
        for step in steps {
            match step {
                Step::Wait { seconds } => now += TimeDelta::seconds(seconds),
                Step::Put { .. } => {
                    with = CodeEntry::issued(Some(stored(9)), now);
                    without = CodeEntry::issued(None, now);
                }
                Step::Guess { mac } => {
                    let (next_with, seen_with) = with.check(CodeMac([mac; 32]), now);
                    let (next_without, seen_without) = without.check(CodeMac([mac; 32]), now);
                    prop_assert_eq!(seen_with, seen_without);
                    (with, without) = (next_with, next_without);
                }
            }
        }
    }

    /// A code that was away for a while is as if it had been there all the time: same end, same count of wrong guesses.
    #[test]
    fn a_code_that_was_given_back_was_never_away(
        before in 0_u32..3,
        wait in 0_i64..700,
        since in 0_u32..4,
        longer in 0_i64..700,
    ) {
        let mut now = Timestamp::UNIX_EPOCH;
        let ends = now + LIFETIME;
        let (right, wrong) = (CodeMac([9; 32]), CodeMac([0; 32]));
        let mut there = CodeEntry::issued(Some(stored(9)), now);
        for _ in 0..before {
            there = there.check(wrong, now).0;
        }
        now += TimeDelta::seconds(wait);
        let (mut away, CodeCheck::Accepted(taken)) = there.clone().check(right, now) else {
            prop_assert!(now >= ends);
            return Ok(());
        };
        for _ in 0..since {
            there = there.check(wrong, now).0;
            away = away.check(wrong, now).0;
        }
        now += TimeDelta::seconds(longer);
        let back = away.clone().restore(taken.clone(), now);
        if now < ends {
            prop_assert_eq!(&back, &there);
        } else {
            prop_assert_eq!(&back, &away);
        }
        prop_assert_eq!(back.clone().restore(taken, now), back);
    }
}

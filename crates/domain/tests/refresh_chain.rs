//! The refresh chain under any interleaving of presented generations, lost answers and pauses.
#![allow(missing_docs, clippy::unwrap_used)]

use chrono::TimeDelta;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::UserId;
use evently_auth_domain::refresh::{GRACE, Verdict, judge};
use evently_auth_domain::session::{Generation, Seed, Session, SessionId, Sid};
use proptest::prelude::*;

/// The store's part of the chain, as its port promises it.
struct Server {
    session: Session,
    now: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Token(Generation),
    Theft,
    Refused,
}

impl Server {
    fn new() -> Self {
        let now = Timestamp::UNIX_EPOCH;
        let session = Session {
            id: SessionId(1),
            sid: Sid::parse("AAAAAAAAAAAAAAAAAAAAAA").unwrap(),
            user_id: UserId(1),
            seed: Seed::from_bytes([0; 32]),
            generation: Generation::FIRST,
            seen_generation: None,
            rotated_at: None,
            is_active: true,
            created_at: now,
            expires_at: now + TimeDelta::days(7),
            last_accessed: now,
            ip_address: None,
            user_agent: None,
            last_ip_address: None,
            last_user_agent: None,
        };
        Self { session, now }
    }

    fn refresh(&mut self, presented: Generation) -> Answer {
        if !self.session.is_active {
            return Answer::Refused;
        }
        match judge(&self.session, presented, self.now) {
            Verdict::Rotate => {
                self.see(presented);
                self.session.generation = presented.next();
                self.session.rotated_at = Some(self.now);
                Answer::Token(self.session.generation)
            }
            Verdict::Repeat => Answer::Token(self.session.generation),
            Verdict::Theft => {
                self.session.is_active = false;
                Answer::Theft
            }
            Verdict::Unknown => Answer::Refused,
        }
    }

    fn see(&mut self, generation: Generation) {
        self.session.seen_generation = self.session.seen_generation.max(Some(generation));
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// The client refreshes with the newest token that it holds; the answer may be lost on the way.
    Refresh { lost: bool },
    /// The client uses the newest access token that it holds.
    Use,
    /// Time goes by.
    Wait { seconds: i64 },
    /// Somebody presents a generation that was given out before.
    Replay { back: i64 },
}

fn honest() -> impl Strategy<Value = Step> {
    prop_oneof![
        any::<bool>().prop_map(|lost| Step::Refresh { lost }),
        Just(Step::Use),
        (0_i64..10_000).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

fn hostile() -> impl Strategy<Value = Step> {
    prop_oneof![4 => honest(), 1 => (0_i64..5).prop_map(|back| Step::Replay { back })]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn an_honest_client_is_never_thrown_out(steps in prop::collection::vec(honest(), 1..60)) {
        let mut server = Server::new();
        let mut held = Generation::FIRST;
        for step in steps {
            match step {
                Step::Refresh { lost } => match server.refresh(held) {
                    Answer::Token(next) if !lost => held = next,
                    Answer::Token(_) => {}
                    thrown_out => prop_assert!(false, "{thrown_out:?} for {held:?}"),
                },
                Step::Use => server.see(held),
                Step::Wait { seconds } => server.now += TimeDelta::seconds(seconds),
                Step::Replay { .. } => unreachable!("honest clients replay nothing"),
            }
        }
    }

    #[test]
    fn there_is_one_live_successor_and_theft_ends_the_session(steps in prop::collection::vec(hostile(), 1..60)) {
        let mut server = Server::new();
        let mut held = Generation::FIRST;
        for step in steps {
            let before = server.session.clone();
            let presented = match step {
                Step::Refresh { .. } => held,
                Step::Replay { back } => Generation((before.generation.0 - back).max(0)),
                Step::Use => {
                    server.see(held);
                    continue;
                }
                Step::Wait { seconds } => {
                    server.now += TimeDelta::seconds(seconds);
                    continue;
                }
            };
            let answer = server.refresh(presented);
            let seen = before.seen_generation >= Some(before.generation);
            let recent = before.rotated_at.is_some_and(|at| server.now - at <= GRACE);
            let spent = before.generation.0 - presented.0 >= 2
                || (before.generation.0 - presented.0 == 1 && seen && !recent);
            match answer {
                // Whatever is given is the one current token: no generation has two successors.
                Answer::Token(given) => {
                    prop_assert_eq!(given, server.session.generation);
                    prop_assert!(before.is_active && !spent);
                    prop_assert!(given.0 - before.generation.0 <= 1);
                    if let Step::Refresh { lost: false } = step { held = given }
                }
                Answer::Theft => prop_assert!(spent && !server.session.is_active),
                Answer::Refused => prop_assert!(!before.is_active),
            }
            if spent {
                prop_assert!(!server.session.is_active, "a spent token was presented");
            }
        }
    }
}

//! Steps of different kinds at once: nobody fails, each success has its effects once, and what must hold
//! holds afterwards. The contract has the races of one step with itself.

use crate::{Database, number};
use chrono::TimeDelta;
use evently_auth_contract::given::{self, at, drastic_effects, effects, password, proof, sid};
use evently_auth_contract::{race, run};
use evently_auth_domain::account::NewUser;
use evently_auth_domain::audit::AuditLink;
use evently_auth_domain::effects::{Effects, EndSessions};
use evently_auth_domain::mail::Delivery;
use evently_auth_domain::ports::{
    AuditLog, ChangedUser, CreatedUser, DeletedUser, Opened, Outbox, Rotation, Sessions, SessionsToEnd,
    UnchangedPassword, UserChange, Users,
};
use evently_auth_domain::session::{Generation, Touch};

const CALLERS: usize = 32;
const ROUNDS: usize = 20;

fn unchanged() -> UnchangedPassword {
    UnchangedPassword { verified: password(), rehashed: None }
}

fn touch(number: usize, seconds: i64) -> Touch {
    let seen_generation = Generation::FIRST;
    Touch { sid: sid(number), seen_generation, ip_address: None, user_agent: None, at: at(seconds) }
}

/// Registrations of few names, replacements, verifications, logins, deletions and sweeps.
#[test]
fn accounts_come_and_go() {
    run(async {
        let database = Database::new().await;
        let done = race(CALLERS, |caller| {
            let store = database.store.clone();
            async move {
                let mut done = 0;
                for round in 0..ROUNDS {
                    let name = |step: usize| format!("name{}", (caller * step + round) % 5);
                    if (caller + round) % 3 == 0 {
                        store.sweep_unverified(at(90_000), 3).await.unwrap();
                        let late = if round % 2 == 0 { 0 } else { 100_000 };
                        let new = NewUser {
                            username: given::username(&name(3)),
                            at: at(late),
                            claim_expires_at: Some(at(late + 80_000)),
                            ..given::unverified(&name(7))
                        };
                        let created = store.create(new, effects()).await.unwrap();
                        done += u32::from(matches!(created, CreatedUser::Created(_)));
                        continue;
                    }
                    for user in Users::list(&store, &given::everybody()).await.unwrap().users {
                        let happened = match (caller + round) % 9 {
                            1 => {
                                let gone = store.delete(user.id, effects()).await.unwrap();
                                gone == DeletedUser::Deleted
                            }
                            2 | 4 | 5 => {
                                let is_verified = Some(true);
                                let email = Some(given::email(&name(3)));
                                let change = UserChange { is_verified, email, ..UserChange::default() };
                                let changed = store.change(user.id, change, drastic_effects()).await.unwrap();
                                matches!(changed, ChangedUser::Changed(_))
                            }
                            _ => {
                                let number =
                                    (caller * ROUNDS + round) * 1000 + usize::try_from(user.id.0).unwrap();
                                let new = given::session(&user, number);
                                let opened = store.open(new, unchanged(), effects()).await.unwrap();
                                matches!(opened, Opened::Opened(_))
                            }
                        };
                        done += u32::from(happened);
                    }
                }
                done
            }
        })
        .await;
        let done = i64::from(done.into_iter().sum::<u32>());
        let raw = database.raw().await;
        assert!(done > 50, "{done}");
        assert_eq!(number(&raw, "SELECT count(*) FROM audit_log").await, done);
        assert_eq!(number(&raw, "SELECT count(*) FROM outbox").await, done);
    });
}

/// Few sessions of one account move on and are used; towards the end, most of them end.
#[test]
fn sessions_move_on_and_end() {
    run(async {
        let database = Database::new().await;
        let ada = database.add(given::user("ada")).await;
        for number in 0..4 {
            database.open_session(&ada, number).await;
        }
        let moved = race(CALLERS, |caller| {
            let (store, id) = (database.store.clone(), ada.id);
            async move {
                let mut moved = Vec::new();
                for round in 0..ROUNDS {
                    let number = (caller + round) % 4;
                    let name = sid(number);
                    match caller % 4 {
                        0 if round > 16 => {
                            let others = SessionsToEnd::OthersOf(id, name);
                            store.end(others, Effects::default()).await.unwrap();
                        }
                        1 if round > 16 => {
                            let kept = Effects::default().ending(EndSessions::AllBut(name));
                            store.change(id, UserChange::default(), kept).await.unwrap();
                        }
                        2 => store.touch(touch(number, round as i64), Effects::default()).await.unwrap(),
                        _ => {
                            let live = Sessions::find(&store, &name).await.unwrap().unwrap();
                            let from = live.session.generation;
                            let proof = proof(number, from.0);
                            let rotation = store.rotate(&name, &proof, at(round as i64), None).await.unwrap();
                            if matches!(rotation, Rotation::Rotated(_)) {
                                moved.push((number, from.0));
                            }
                        }
                    }
                }
                moved
            }
        })
        .await;
        let mut moved: Vec<_> = moved.into_iter().flatten().collect();
        assert!(moved.len() > 20, "{}", moved.len());
        moved.sort_unstable();
        for session in 0..4 {
            let left = moved.iter().filter(|(number, _)| *number == session).map(|(_, from)| *from);
            let live = Sessions::find(&database.store, &sid(session)).await.unwrap().unwrap();
            assert!(left.eq(0..live.session.generation.0), "each generation is left once: {moved:?}");
        }
    });
}

/// Leases that end at once, settlements, requeues and sweeps.
#[test]
fn a_mail_is_sent_once() {
    run(async {
        let database = Database::new().await;
        let sent = race(CALLERS, |caller| {
            let store = database.store.clone();
            async move {
                let mut sent = Vec::new();
                for round in 0..ROUNDS {
                    store.put(effects()).await.unwrap();
                    let length = TimeDelta::seconds(if round % 2 == 0 { 0 } else { 60 });
                    let now = at(round as i64 * 20);
                    for job in store.claim(3, length, now).await.unwrap() {
                        let reason = "no".to_owned();
                        let delivery = match (caller + round) % 4 {
                            0 => Delivery::Dead { reason },
                            1 => Delivery::Retry { at: now, reason },
                            _ => Delivery::Sent,
                        };
                        let is_sent = delivery == Delivery::Sent;
                        if store.settle(&job, delivery).await.unwrap() && is_sent {
                            sent.push(job.id.0);
                        }
                    }
                    store.requeue(None, now).await.unwrap();
                    store.sweep_settled(at(-1), 5).await.unwrap();
                }
                sent
            }
        })
        .await;
        let mut sent: Vec<_> = sent.into_iter().flatten().collect();
        sent.sort_unstable();
        let all = sent.len();
        sent.dedup();
        assert!(all > 100, "{all}");
        assert_eq!(sent.len(), all);
        let settled =
            number(&database.raw().await, "SELECT count(*) FROM outbox WHERE status = 'sent'").await;
        assert_eq!(settled, all as i64);
    });
}

/// Many sealers while events are written: the chain has no gap, and each row one seal.
#[test]
fn sealers_make_one_chain() {
    run(async {
        let database = Database::new().await;
        race(CALLERS, |caller| {
            let store = database.store.clone();
            async move {
                for round in 0..ROUNDS {
                    store.put(effects()).await.unwrap();
                    let last = store.last_seal().await.unwrap();
                    let limit = u32::try_from(1 + (caller + round) % 9).unwrap();
                    let rows = store.unsealed(limit).await.unwrap();
                    let seal = given::seal(last.as_ref(), &rows);
                    let last = last.map_or(0, |last| last.number);
                    store.append_seal(last, seal.clone(), given::end(&seal)).await.unwrap();
                }
            }
        })
        .await;
        let seals = database.store.seals(0, 10_000).await.unwrap();
        assert!(seals.len() > 10, "{}", seals.len());
        let mut mac = AuditLink::NONE.digest;
        for (seal, number) in seals.iter().zip(1..) {
            assert_eq!(seal.number, number);
            assert!(given::audit_key().proves_seal(mac, seal));
            mac = seal.mac;
            let rows = database.store.rows_of(number, 0, 1_000).await.unwrap();
            assert!(rows.iter().map(|row| (row.id, row.mac)).eq(seal.rows.iter().copied()));
        }
    });
}

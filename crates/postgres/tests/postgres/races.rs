//! Many steps of different kinds at once: nobody fails, and what must hold holds afterwards.

use crate::{Database, number};
use chrono::TimeDelta;
use evently_auth_contract::{given, race, run};
use evently_auth_domain::account::{Role, UserId};
use evently_auth_domain::effects::{Effects, EndSessions};
use evently_auth_domain::mail::Delivery;
use evently_auth_domain::ports::{
    AuditLog, CreatedUser, Opened, Outbox, Rotation, Sessions, SessionsToEnd, UnchangedPassword, UserChange,
    Users,
};
use evently_auth_domain::session::{Generation, Touch};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

const CALLERS: usize = 48;
const ROUNDS: usize = 25;

fn unchanged() -> UnchangedPassword {
    UnchangedPassword { verified: given::password(), rehashed: None }
}

/// Registrations of few names, sweeps, verifications, logins, deletions and renamings: each success has its effects,
/// once.
#[test]
fn accounts_come_and_go() {
    run(async {
        let database = Database::new().await;
        let done = Arc::new(AtomicU64::new(0));
        race(CALLERS, |caller| {
            let (store, done) = (database.store.clone(), done.clone());
            async move {
                for round in 0..ROUNDS {
                    let name = format!("name{}", (caller * 7 + round) % 5);
                    let other = format!("name{}", (caller * 3 + round * 2) % 5);
                    let id = UserId(1 + (caller * 31 + round * 17) as i64 % 200);
                    let happened = match (caller + round) % 8 {
                        0..3 => {
                            let mut new = given::unverified(&name);
                            new.username = given::username(&other);
                            if round % 2 == 0 {
                                new.at = given::at(100_000);
                                new.claim_expires_at = Some(given::at(200_000));
                            }
                            matches!(store.create(new, given::effects()).await.unwrap(), CreatedUser::Created(_))
                        }
                        3 => {
                            let found = Users::list(&store, &given::everybody()).await.unwrap();
                            for user in found.users {
                                let change = UserChange {
                                    is_verified: Some(true),
                                    email: Some(given::email(&other)),
                                    ..UserChange::default()
                                };
                                let changed = store.change(user.id, change, given::drastic_effects()).await.unwrap();
                                if matches!(changed, evently_auth_domain::ports::ChangedUser::Changed(_)) {
                                    done.fetch_add(1, Ordering::Relaxed);
                                }
                            }
                            false
                        }
                        4 => {
                            store.sweep_unverified(given::at(90_000), 3).await.unwrap();
                            false
                        }
                        5 | 6 => {
                            let found = Users::list(&store, &given::everybody()).await.unwrap();
                            for user in found.users {
                                let new = given::session(&user, 1_000_000 + caller * 100_000 + round * 1000 + user.id.0 as usize);
                                let opened = store.open(new, unchanged(), given::effects()).await.unwrap();
                                if matches!(opened, Opened::Opened(_)) {
                                    done.fetch_add(1, Ordering::Relaxed);
                                }
                            }
                            false
                        }
                        _ => {
                            let gone = store.delete(id, given::effects()).await.unwrap();
                            gone == evently_auth_domain::ports::DeletedUser::Deleted
                        }
                    };
                    if happened {
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
        })
        .await;
        let raw = database.raw().await;
        let done = i64::try_from(done.load(Ordering::Relaxed)).unwrap();
        eprintln!("done {done}");
        assert_eq!(number(&raw, "SELECT count(*) FROM audit_log").await, done);
        assert_eq!(number(&raw, "SELECT count(*) FROM outbox").await, done);
    });
}

/// One account's sessions are rotated, used, ended and swept while its password changes.
#[test]
fn sessions_live_and_end() {
    run(async {
        let database = Database::new().await;
        let ada = database.add(given::user("ada")).await;
        for number in 0..8 {
            database.open_session(&ada, number).await;
        }
        let moved = race(CALLERS, |caller| {
            let (store, ada) = (database.store.clone(), ada.clone());
            async move {
                let mut moved = Vec::new();
                for round in 0..ROUNDS {
                    let number = (caller + round) % 8;
                    let sid = given::sid(number);
                    let at = given::at(round as i64);
                    match (caller * 5 + round) % 12 {
                        0..6 => {
                            let live = Sessions::find(&store, &sid).await.unwrap().unwrap();
                            let from = live.session.generation;
                            if let Rotation::Rotated(_) = store.rotate(&sid, from, at).await.unwrap() {
                                moved.push((number, from));
                            }
                        }
                        6..9 => {
                            let touch = Touch {
                                sid,
                                seen_generation: Generation(round as i64),
                                ip_address: None,
                                user_agent: None,
                                at,
                            };
                            store.touch(touch, Effects::default()).await.unwrap();
                        }
                        9 => {
                            store.end(SessionsToEnd::OthersOf(ada.id, sid), Effects::default()).await.unwrap();
                        }
                        10 => {
                            let change = UserChange { at, ..UserChange::default() };
                            let effects = Effects::default().ending(EndSessions::AllBut(sid));
                            store.change(ada.id, change, effects).await.unwrap();
                        }
                        _ => {
                            let new = given::session(&ada, 1000 + caller * 1000 + round);
                            store.open(new, unchanged(), Effects::default()).await.unwrap();
                            store.sweep_expired(given::at(0), 10).await.unwrap();
                        }
                    }
                }
                moved
            }
        })
        .await;
        let mut moved: Vec<_> = moved.into_iter().flatten().map(|(n, g)| (n, g.0)).collect();
        eprintln!("moved {}", moved.len());
        moved.sort();
        let all = moved.len();
        moved.dedup();
        assert_eq!(moved.len(), all, "each generation is left once");
        for number in 0..8 {
            let live = Sessions::find(&database.store, &given::sid(number)).await.unwrap().unwrap();
            assert_eq!(live.session.generation.0, moved.iter().filter(|(n, _)| *n == number).count() as i64);
        }
    });
}

/// Demotions, deletions, deactivations, promotions by many, of two or three admins.
#[test]
fn an_admin_is_left() {
    run(async {
        let database = Database::new().await;
        for number in 0..6 {
            database.add(given::admin(&format!("admin{number}"))).await;
        }
        race(CALLERS, |caller| {
            let store = database.store.clone();
            async move {
                for round in 0..ROUNDS {
                    let id = UserId(1 + ((caller + round * 5) % 6) as i64);
                    let change = match (caller + round) % 4 {
                        0 => UserChange { role: Some(Role::User), ..UserChange::default() },
                        1 => UserChange { is_active: Some(false), ..UserChange::default() },
                        2 => UserChange { role: Some(Role::Admin), is_active: Some(true), is_verified: Some(true), ..UserChange::default() },
                        _ => UserChange { is_verified: Some(false), ..UserChange::default() },
                    };
                    store.change(id, change, given::drastic_effects()).await.unwrap();
                    let working = Users::list(&store, &given::everybody()).await.unwrap();
                    assert!(working.users.iter().any(|user| user.is_working_admin()));
                }
            }
        })
        .await;
    });
}

/// Mails are claimed, settled, requeued and swept by many: each is sent once.
#[test]
fn mails_are_settled_once() {
    run(async {
        let database = Database::new().await;
        let sent = race(CALLERS, |caller| {
            let store = database.store.clone();
            async move {
                let mut sent = Vec::new();
                for round in 0..ROUNDS {
                    if round < 10 {
                        store.put(given::effects()).await.unwrap();
                    }
                    // Leases end at once: whoever claims next takes the mail over.
                    let length = TimeDelta::seconds(if round % 2 == 0 { 0 } else { 60 });
                    let now = given::at(round as i64 * 20);
                    for job in store.claim(3, length, now).await.unwrap() {
                        let reason = "x".to_owned();
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
                    store.sweep_settled(given::at(-1), 5).await.unwrap();
                }
                sent
            }
        })
        .await;
        let mut sent: Vec<_> = sent.into_iter().flatten().collect();
        let all = sent.len();
        sent.sort_unstable();
        sent.dedup();
        assert_eq!(sent.len(), all);
        let raw = database.raw().await;
        assert_eq!(number(&raw, "SELECT count(*) FROM outbox WHERE status = 'sent'").await, all as i64);
        eprintln!("sent {all}");
    });
}

/// Many sealers while events are written: the chain has no gap, and each row one seal.
#[test]
fn sealers_make_one_chain() {
    run(async {
        let database = Database::new().await;
        race(24, |caller| {
            let store = database.store.clone();
            async move {
                for round in 0..ROUNDS {
                    store.put(given::effects()).await.unwrap();
                    let last = store.last_seal().await.unwrap();
                    let rows = store.unsealed(((caller + round) % 9) as u32 + 1).await.unwrap();
                    if !rows.is_empty() {
                        let seal = given::audit_key().seal(last.as_ref(), &rows, given::at(1));
                        store.append_seal(seal).await.unwrap();
                    }
                }
            }
        })
        .await;
        let seals = database.store.seals(0, 10_000).await.unwrap();
        eprintln!("seals {}", seals.len());
        let mut mac = None;
        for (seal, number) in seals.iter().zip(1..) {
            assert_eq!(seal.number, number);
            assert!(given::audit_key().proves_seal(mac, seal));
            mac = Some(seal.mac);
            let rows = database.store.rows_of(number).await.unwrap();
            assert_eq!(rows.iter().map(|row| (row.id, row.mac)).collect::<Vec<_>>(), seal.rows);
        }
    });
}

//! Listing and removing sessions.

use crate::StoreHarness;
use crate::given::{INSTANT, at, session, sid, user};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::SessionsToEnd;
use evently_auth_domain::session::NewSession;

/// Nobody else's; whole.
pub async fn live_sessions_come_newest_first(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    let bob = store.add(user("bob")).await;
    for (owner, number, seconds) in [(&ada, 1, 20), (&ada, 2, 30), (&ada, 3, 10), (&bob, 4, 40)] {
        store.open(NewSession { at: at(seconds), ..session(owner, number) }).await;
    }
    let listed = store.sessions.list(ada.id, at(50)).await.unwrap();
    let order: Vec<_> = listed.iter().map(|session| session.sid.clone()).collect();
    assert_eq!(order, [sid(2), sid(1), sid(3)]);
    assert_eq!(listed[0], store.sessions.find(&sid(2)).await.unwrap().unwrap().session);
}

/// At its end it is over.
pub async fn ended_and_expired_sessions_are_not_listed(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    for number in 1..=3 {
        let expires_at = at(100 * i64::try_from(number).unwrap());
        store.open(NewSession { expires_at, ..session(&ada, number) }).await;
    }
    store.sessions.end(SessionsToEnd::One(sid(3)), Effects::default()).await.unwrap();
    for (now, expected) in
        [(at(100) - INSTANT, vec![sid(1), sid(2)]), (at(100), vec![sid(2)]), (at(200), vec![])]
    {
        let mut listed: Vec<_> =
            store.sessions.list(ada.id, now).await.unwrap().into_iter().map(|session| session.sid).collect();
        listed.sort();
        assert_eq!(listed, expected, "at {now}");
    }
}

/// Ended or not; what has not expired stays, ended or not.
pub async fn expired_sessions_are_swept(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    for (number, seconds) in [(1, 100), (2, 100), (3, 200), (4, 200)] {
        store.open(NewSession { expires_at: at(seconds), ..session(&ada, number) }).await;
    }
    for number in [2, 4] {
        store.sessions.end(SessionsToEnd::One(sid(number)), Effects::default()).await.unwrap();
    }
    assert_eq!(store.sessions.sweep_expired(at(100) - INSTANT, 100).await.unwrap(), 0);
    assert_eq!(store.sessions.sweep_expired(at(100), 100).await.unwrap(), 2);
    for (number, there) in [(1, false), (2, false), (3, true), (4, true)] {
        assert_eq!(store.sessions.find(&sid(number)).await.unwrap().is_some(), there, "session {number}");
    }
}

/// What is left comes with the next one.
pub async fn a_sweep_has_a_limit(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    for number in 1..=5 {
        store.open(NewSession { expires_at: at(100), ..session(&ada, number) }).await;
    }
    for expected in [2, 2, 1, 0] {
        assert_eq!(store.sessions.sweep_expired(at(200), 2).await.unwrap(), expected);
    }
}

//! Moving the chain on.

use crate::given::{INSTANT, at, proof, proof_of, session, sid, user};
use crate::{StoreHarness, race};
use chrono::TimeDelta;
use evently_auth_domain::Timestamp;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{Rotation, SessionsToEnd, UserChange};
use evently_auth_domain::refresh::RefreshKey;
use evently_auth_domain::session::{Generation, LiveSession, Seed, Session, Touch};

async fn opened(store: &StoreHarness) -> LiveSession {
    let ada = store.add(user("ada")).await;
    store.open(session(&ada, 1)).await
}

async fn rotate(store: &StoreHarness, from: i64, at: Timestamp) -> Rotation {
    store.sessions.rotate(&sid(1), &proof(1, from), at, None).await.unwrap()
}

/// And says so on the session.
pub async fn the_current_generation_moves_on(store: StoreHarness) {
    let live = opened(&store).await;
    let first = LiveSession {
        session: Session {
            generation: Generation(1),
            seen_generation: Some(Generation(0)),
            rotated_at: Some(at(60)),
            last_accessed: at(60),
            ..live.session
        },
        user: live.user,
    };
    assert_eq!(rotate(&store, 0, at(60)).await, Rotation::Rotated(first.clone()));
    assert_eq!(store.sessions.find(&sid(1)).await.unwrap(), Some(first));
    let Rotation::Rotated(second) = rotate(&store, 1, at(61)).await else { panic!("it was current") };
    assert_eq!(
        (second.session.generation, second.session.seen_generation),
        (Generation(2), Some(Generation(1)))
    );
    assert_eq!(second.session.rotated_at, Some(at(61)));
}

/// `rotated_at` and `last_accessed`.
pub async fn times_survive_to_the_microsecond(store: StoreHarness) {
    opened(&store).await;
    let moment = at(60) + INSTANT;
    rotate(&store, 0, moment).await;
    let found = store.sessions.find(&sid(1)).await.unwrap().unwrap().session;
    assert_eq!((found.rotated_at, found.last_accessed), (Some(moment), moment));
}

/// Older or newer: the session comes back as it is, and nothing is changed.
pub async fn another_generation_moves_nothing(store: StoreHarness) {
    opened(&store).await;
    rotate(&store, 0, at(60)).await;
    let before = store.sessions.find(&sid(1)).await.unwrap().unwrap();
    for from in [0, 2, 100] {
        assert_eq!(rotate(&store, from, at(70)).await, Rotation::Unmoved(before.clone()), "from {from}");
    }
    assert_eq!(store.sessions.find(&sid(1)).await.unwrap(), Some(before));
}

/// The right generation and a MAC that was made with another key, or from another seed.
pub async fn what_is_not_proven_moves_nothing(store: StoreHarness) {
    let live = opened(&store).await;
    rotate(&store, 0, at(60)).await;
    let before = store.sessions.find(&sid(1)).await.unwrap().unwrap();
    let seed = &live.session.seed;
    let of_another_key = RefreshKey::new([8; 32]).token(&sid(1), seed, Generation(1));
    let of_another_seed = RefreshKey::new([7; 32]).token(&sid(1), &Seed::from_bytes([9; 32]), Generation(1));
    for forged in [proof_of(&of_another_key), proof_of(&of_another_seed)] {
        let answer = store.sessions.rotate(&sid(1), &forged, at(70), None).await.unwrap();
        assert_eq!(answer, Rotation::Unmoved(before.clone()));
    }
    assert_eq!(store.sessions.find(&sid(1)).await.unwrap(), Some(before));
    assert!(matches!(rotate(&store, 1, at(70)).await, Rotation::Rotated(_)), "the genuine one does");
}

/// One that was used just within it moves on.
pub async fn what_was_idle_for_too_long_does_not_rotate(store: StoreHarness) {
    opened(&store).await;
    let limit = TimeDelta::seconds(30);
    let rotate = |generation: i64, at: Timestamp| {
        let sessions = store.sessions.clone();
        async move { sessions.rotate(&sid(1), &proof(1, generation), at, Some(limit)).await.unwrap() }
    };
    assert_eq!(rotate(0, at(30) + INSTANT).await, Rotation::Ended);
    assert_eq!(rotate(5, at(30) + INSTANT).await, Rotation::Ended, "another generation");
    assert!(matches!(rotate(0, at(30)).await, Rotation::Rotated(_)));
    assert!(matches!(rotate(1, at(60)).await, Rotation::Rotated(_)));
    assert!(matches!(rotate(1, at(61)).await, Rotation::Unmoved(_)));
    assert_eq!(rotate(2, at(90) + INSTANT).await, Rotation::Ended);
}

/// A rotation marks what it came from, never less than was seen before.
pub async fn a_generation_seen_stays_seen(store: StoreHarness) {
    opened(&store).await;
    rotate(&store, 0, at(60)).await;
    let touch =
        Touch { sid: sid(1), seen_generation: Generation(1), ip_address: None, user_agent: None, at: at(61) };
    store.sessions.touch(touch, Effects::default()).await.unwrap();
    let Rotation::Rotated(live) = rotate(&store, 1, at(62)).await else { panic!("it was current") };
    assert_eq!(live.session.seen_generation, Some(Generation(1)));
}

/// Seven days after the login it is over.
pub async fn rotation_never_moves_the_end(store: StoreHarness) {
    let live = opened(&store).await;
    for from in 0..3 {
        let Rotation::Rotated(rotated) = rotate(&store, from, at(60 + from)).await else {
            panic!("it was current")
        };
        assert_eq!(rotated.session.expires_at, live.session.expires_at);
        assert_eq!(rotated.session.created_at, live.session.created_at);
    }
}

/// Unknown, expired, ended, or of an inactive owner.
pub async fn what_is_not_live_does_not_rotate(store: StoreHarness) {
    assert_eq!(rotate(&store, 0, at(60)).await, Rotation::Ended, "unknown");
    let live = opened(&store).await;
    let ends = live.session.expires_at;
    assert_eq!(rotate(&store, 0, ends).await, Rotation::Ended, "expired");
    assert_eq!(rotate(&store, 7, ends + INSTANT).await, Rotation::Ended, "expired, another generation");
    let set_active = |active| UserChange { is_active: Some(active), at: at(1), ..UserChange::default() };
    let (users, owner) = (&store.users, live.user.id);
    users.change(owner, set_active(false), Effects::default()).await.unwrap();
    assert_eq!(rotate(&store, 0, at(60)).await, Rotation::Ended, "owner inactive");
    assert_eq!(rotate(&store, 7, at(60)).await, Rotation::Ended, "owner inactive, another generation");
    users.change(owner, set_active(true), Effects::default()).await.unwrap();
    assert!(matches!(rotate(&store, 0, ends - INSTANT).await, Rotation::Rotated(_)), "just before its end");
    store.sessions.end(SessionsToEnd::One(sid(1)), Effects::default()).await.unwrap();
    assert_eq!(rotate(&store, 1, at(60)).await, Rotation::Ended, "ended");
    assert_eq!(rotate(&store, 0, at(60)).await, Rotation::Ended, "ended, another generation");
}

/// 64 refreshes of one token: one successor, and everybody else is told of it.
pub async fn of_many_rotations_one_moves_on(store: StoreHarness) {
    opened(&store).await;
    for from in 0..5 {
        let sessions = &store.sessions;
        let results = race(64, |_| {
            let sessions = sessions.clone();
            async move { sessions.rotate(&sid(1), &proof(1, from), at(60), None).await.unwrap() }
        })
        .await;
        assert_eq!(results.iter().filter(|result| matches!(result, Rotation::Rotated(_))).count(), 1);
        for result in results {
            let (Rotation::Rotated(live) | Rotation::Unmoved(live)) = result else { panic!("it is live") };
            assert_eq!(live.session.generation, Generation(from + 1));
        }
    }
}

/// Whoever wins, the session is over.
pub async fn rotation_races_the_end(store: StoreHarness) {
    opened(&store).await;
    let sessions = &store.sessions;
    race(64, |number| {
        let sessions = sessions.clone();
        async move {
            if number % 2 == 0 {
                sessions.rotate(&sid(1), &proof(1, 0), at(60), None).await.unwrap();
            } else {
                sessions.end(SessionsToEnd::One(sid(1)), Effects::default()).await.unwrap();
            }
        }
    })
    .await;
    assert!(!store.sessions.find(&sid(1)).await.unwrap().unwrap().session.is_active);
}

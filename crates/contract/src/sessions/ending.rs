//! Ending sessions.

use crate::given::{at, effects, proof, session, sid, user};
use crate::{StoreHarness, race};
use evently_auth_domain::account::User;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{Rotation, SessionsToEnd};
use evently_auth_domain::session::{Generation, SessionId, Touch};

/// Ada with sessions 1, 2 and 3, Bob with session 4.
async fn crowd(store: &StoreHarness) -> (User, User) {
    let ada = store.add(user("ada")).await;
    let bob = store.add(user("bob")).await;
    for (owner, number) in [(&ada, 1), (&ada, 2), (&ada, 3), (&bob, 4)] {
        store.open(session(owner, number)).await;
    }
    (ada, bob)
}

async fn live(store: &StoreHarness) -> Vec<usize> {
    let mut live = Vec::new();
    for number in 1..=4 {
        if store.sessions.find(&sid(number)).await.unwrap().unwrap().session.is_active {
            live.push(number);
        }
    }
    live
}

async fn id(store: &StoreHarness, number: usize) -> SessionId {
    store.sessions.find(&sid(number)).await.unwrap().unwrap().session.id
}

async fn end(store: &StoreHarness, which: SessionsToEnd) -> u64 {
    store.sessions.end(which, Effects::default()).await.unwrap()
}

/// By its name.
pub async fn one_session_ends(store: StoreHarness) {
    crowd(&store).await;
    assert_eq!(end(&store, SessionsToEnd::One(sid(2))).await, 1);
    assert_eq!(live(&store).await, [1, 3, 4]);
}

/// By its id.
pub async fn an_owned_session_ends(store: StoreHarness) {
    let (ada, _) = crowd(&store).await;
    assert_eq!(end(&store, SessionsToEnd::Owned(ada.id, id(&store, 3).await)).await, 1);
    assert_eq!(live(&store).await, [1, 2, 4]);
}

/// Nor does it have effects.
pub async fn somebody_elses_session_does_not_end(store: StoreHarness) {
    let (ada, _) = crowd(&store).await;
    let foreign = SessionsToEnd::Owned(ada.id, id(&store, 4).await);
    assert_eq!(store.sessions.end(foreign, effects()).await.unwrap(), 0);
    assert_eq!(live(&store).await, [1, 2, 3, 4]);
    store.assert_effects(0).await;
}

/// And nobody else's.
pub async fn all_of_an_account_end(store: StoreHarness) {
    let (ada, _) = crowd(&store).await;
    assert_eq!(end(&store, SessionsToEnd::AllOf(ada.id)).await, 3);
    assert_eq!(live(&store).await, [4]);
}

/// The one that asked.
pub async fn all_but_one_end(store: StoreHarness) {
    let (ada, _) = crowd(&store).await;
    assert_eq!(end(&store, SessionsToEnd::OthersOf(ada.id, sid(2))).await, 2);
    assert_eq!(live(&store).await, [2, 4]);
}

/// It is not counted again.
pub async fn an_ended_session_ends_no_more(store: StoreHarness) {
    let (ada, _) = crowd(&store).await;
    assert_eq!(end(&store, SessionsToEnd::One(sid(1))).await, 1);
    assert_eq!(end(&store, SessionsToEnd::One(sid(1))).await, 0);
    assert_eq!(end(&store, SessionsToEnd::Owned(ada.id, id(&store, 1).await)).await, 0);
    assert_eq!(end(&store, SessionsToEnd::OthersOf(ada.id, sid(2))).await, 1);
    assert_eq!(end(&store, SessionsToEnd::AllOf(ada.id)).await, 1);
    assert_eq!(end(&store, SessionsToEnd::AllOf(ada.id)).await, 0);
}

/// Neither by rotation nor by use.
pub async fn an_ended_session_is_never_live_again(store: StoreHarness) {
    crowd(&store).await;
    end(&store, SessionsToEnd::One(sid(1))).await;
    let rotation = store.sessions.rotate(&sid(1), &proof(1, 0), at(60), None).await.unwrap();
    assert_eq!(rotation, Rotation::Ended);
    let touch = Touch {
        sid: sid(1),
        seen_generation: Generation::FIRST,
        ip_address: None,
        user_agent: None,
        at: at(60),
    };
    store.sessions.touch(touch, Effects::default()).await.unwrap();
    assert_eq!(live(&store).await, [2, 3, 4]);
}

/// Once, however many end.
pub async fn effects_happen_with_the_end(store: StoreHarness) {
    let (ada, _) = crowd(&store).await;
    assert_eq!(store.sessions.end(SessionsToEnd::AllOf(ada.id), effects()).await.unwrap(), 3);
    store.assert_effects(1).await;
}

/// Unknown, or ended before.
pub async fn an_end_of_nothing_has_no_effects(store: StoreHarness) {
    let (ada, _) = crowd(&store).await;
    end(&store, SessionsToEnd::AllOf(ada.id)).await;
    for which in [
        SessionsToEnd::One(sid(9)),
        SessionsToEnd::One(sid(1)),
        SessionsToEnd::AllOf(ada.id),
        SessionsToEnd::OthersOf(ada.id, sid(1)),
    ] {
        assert_eq!(store.sessions.end(which.clone(), effects()).await.unwrap(), 0, "{which:?}");
    }
    store.assert_effects(0).await;
}

/// A session ends once: 64 at once, and the theft is told once.
pub async fn of_many_ends_one_counts(store: StoreHarness) {
    crowd(&store).await;
    let sessions = &store.sessions;
    let ended = race(64, |_| {
        let sessions = sessions.clone();
        async move { sessions.end(SessionsToEnd::One(sid(1)), effects()).await.unwrap() }
    })
    .await;
    assert_eq!(ended.iter().sum::<u64>(), 1);
    store.assert_effects(1).await;
}

//! Noting uses.

use crate::given::{INSTANT, at, effects, event, session, sid, user};
use crate::{StoreHarness, race};
use evently_auth_domain::audit::AuditAction;
use evently_auth_domain::client::UserAgent;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::session::{Generation, Session, Touch};

fn touch(generation: i64, seconds: i64) -> Touch {
    Touch {
        sid: sid(1),
        seen_generation: Generation(generation),
        ip_address: Some("198.51.100.7".parse().unwrap()),
        user_agent: UserAgent::parse("curl/8.5"),
        at: at(seconds),
    }
}

async fn opened(store: &StoreHarness) -> Session {
    let ada = store.add(user("ada")).await;
    store.open(session(&ada, 1)).await.session
}

async fn found(store: &StoreHarness) -> Session {
    store.sessions.find(&sid(1)).await.unwrap().unwrap().session
}

/// Which generation, when, from where and with what; where it was opened from stays.
pub async fn a_touch_is_noted(store: StoreHarness) {
    let session = opened(&store).await;
    let moment = at(60) + INSTANT;
    store.sessions.touch(Touch { at: moment, ..touch(0, 60) }, Effects::default()).await.unwrap();
    let expected = Session {
        seen_generation: Some(Generation(0)),
        last_accessed: moment,
        last_ip_address: Some("198.51.100.7".parse().unwrap()),
        last_user_agent: UserAgent::parse("curl/8.5"),
        ..session
    };
    assert_eq!(found(&store).await, expected);
}

/// Answers overtake each other.
pub async fn the_latest_generation_seen_never_goes_back(store: StoreHarness) {
    opened(&store).await;
    for (generation, expected) in [(0, 0), (3, 3), (1, 3), (2, 3), (4, 4), (0, 4)] {
        store.sessions.touch(touch(generation, 60), Effects::default()).await.unwrap();
        assert_eq!(found(&store).await.seen_generation, Some(Generation(expected)));
    }
}

/// Writes that were held back arrive late.
pub async fn the_last_access_never_goes_back(store: StoreHarness) {
    opened(&store).await;
    for (seconds, expected) in [(60, 60), (30, 60), (-5, 60), (61, 61)] {
        store.sessions.touch(touch(0, seconds), Effects::default()).await.unwrap();
        assert_eq!(found(&store).await.last_accessed, at(expected));
    }
}

/// The move of a session to another place is told with it.
pub async fn an_event_is_written_with_the_touch(store: StoreHarness) {
    opened(&store).await;
    let moved = event(AuditAction::SessionMoved).in_session(&sid(1));
    store.sessions.touch(touch(0, 60), Effects::audit(moved.clone())).await.unwrap();
    let events: Vec<_> = store.audit().await.into_iter().map(|row| row.event).collect();
    assert_eq!(events, [moved]);
}

/// There is no such session.
pub async fn touching_nothing_has_no_effects(store: StoreHarness) {
    store.sessions.touch(touch(0, 60), effects()).await.unwrap();
    store.assert_effects(0).await;
    assert_eq!(store.sessions.find(&sid(1)).await.unwrap(), None);
}

/// 64 at once, in any order.
pub async fn many_touches_leave_the_latest(store: StoreHarness) {
    opened(&store).await;
    let sessions = &store.sessions;
    race(64, |number| {
        let (sessions, number) = (sessions.clone(), i64::try_from(number).unwrap());
        async move {
            sessions.touch(touch(number, 100 + number), Effects::default()).await.unwrap();
        }
    })
    .await;
    let session = found(&store).await;
    assert_eq!((session.seen_generation, session.last_accessed), (Some(Generation(63)), at(163)));
}

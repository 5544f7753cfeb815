//! Each kind of change on one instance is seen by the next `find` on it and on every other.

use crate::world::{Instance, World};
use evently_auth_contract::given::{
    at, drastic_effects, effects, event, notice, other_password, password, proof, session, sid, unverified,
};
use evently_auth_domain::account::Role;
use evently_auth_domain::audit::AuditAction;
use evently_auth_domain::effects::{Effects, EndSessions};
use evently_auth_domain::ports::{
    Rotation, SessionsToEnd, Signal, SignalListener, Signals, UnchangedPassword, UserChange,
};
use evently_auth_domain::session::{Generation, LiveSession, Touch};
use std::future::Future;
use std::sync::{Arc, Mutex};

/// Makes a change on one instance; both have what they cache of the session, and what it was before.
async fn seen<F>(change: impl FnOnce(Instance, LiveSession) -> F)
where
    F: Future<Output = ()>,
{
    let world = World::new();
    let (one, other) = (world.instance(), world.instance());
    let before = world.signed_in("ada", 1).await;
    world.session(&before.user, 2).await;
    for number in [1, 2] {
        one.warm(&sid(number)).await;
        other.warm(&sid(number)).await;
    }
    change(one.clone(), before.clone()).await;
    assert_ne!(world.truth(&sid(1)).await, Some(before), "something changed");
    for number in [1, 2] {
        let truth = world.truth(&sid(number)).await;
        assert_eq!(one.find(&sid(number)).await, truth, "session {number} on the same instance");
        assert_eq!(other.find(&sid(number)).await, truth, "session {number} on another instance");
    }
}

async fn end(instance: &Instance, which: SessionsToEnd) {
    assert_eq!(instance.stores.sessions.end(which, effects()).await.unwrap(), 1);
}

async fn change(instance: &Instance, live: &LiveSession, change: UserChange, effects: Effects) {
    instance.users().change(live.user.id, UserChange { at: at(1), ..change }, effects).await.unwrap();
}

#[tokio::test]
async fn the_end_of_a_session() {
    seen(|one, live| async move { end(&one, SessionsToEnd::One(live.session.sid)).await }).await;
}

#[tokio::test]
async fn the_end_of_a_session_by_its_id() {
    seen(|one, live| async move { end(&one, SessionsToEnd::Owned(live.user.id, live.session.id)).await })
        .await;
}

#[tokio::test]
async fn the_end_of_all_sessions() {
    seen(|one, live| async move {
        let ended = one.stores.sessions.end(SessionsToEnd::AllOf(live.user.id), effects()).await;
        assert_eq!(ended.unwrap(), 2);
    })
    .await;
}

#[tokio::test]
async fn the_end_of_all_other_sessions() {
    seen(|one, live| async move { end(&one, SessionsToEnd::OthersOf(live.user.id, sid(2))).await }).await;
}

/// Nobody is refused by what is older, so nobody is told; where it was made the next request need not look for it.
#[tokio::test]
async fn a_rotation_is_known_where_it_was_made_and_told_to_nobody() {
    let world = World::new();
    let (one, other) = (world.instance(), world.instance());
    let before = world.signed_in("ada", 1).await;
    one.warm(&sid(1)).await;
    other.warm(&sid(1)).await;
    one.stores.sessions.rotate(&sid(1), &proof(1, 0), at(5), None).await.unwrap();
    let finds = one.watched.finds();
    assert_eq!(one.find(&sid(1)).await, world.truth(&sid(1)).await);
    assert_eq!(one.watched.finds(), finds, "it was not looked for");
    assert_eq!(other.find(&sid(1)).await, Some(before), "it knows no better");
}

/// What is heard while it is under way voids what it leaves behind.
#[tokio::test]
async fn an_end_beside_a_rotation_is_seen() {
    let world = World::new();
    let (one, other) = (world.instance(), world.instance());
    world.signed_in("ada", 1).await;
    one.warm(&sid(1)).await;
    one.watched.hold();
    let (rotating, instance) = (proof(1, 0), one.clone());
    let rotation = tokio::spawn(async move {
        instance.stores.sessions.rotate(&sid(1), &rotating, at(5), None).await.unwrap()
    });
    one.watched.until_held().await;
    end(&other, SessionsToEnd::One(sid(1))).await;
    one.watched.release();
    assert!(matches!(rotation.await.unwrap(), Rotation::Rotated(_)), "it came first");
    assert!(!one.find(&sid(1)).await.unwrap().session.is_active);
}

async fn log_in(instance: &Instance, live: &LiveSession, effects: Effects) {
    let password = UnchangedPassword { verified: password(), rehashed: None };
    let new = evently_auth_domain::session::NewSession { at: at(9), ..session(&live.user, 3) };
    instance.stores.sessions.open(new, password, effects).await.unwrap();
}

/// Elsewhere `last_login` may be five seconds old.
#[tokio::test]
async fn another_login_is_known_where_it_was_made_and_told_to_nobody() {
    let world = World::new();
    let (one, other) = (world.instance(), world.instance());
    let before = world.signed_in("ada", 1).await;
    one.warm(&sid(1)).await;
    other.warm(&sid(1)).await;
    log_in(&one, &before, Effects::default()).await;
    assert_eq!(one.find(&sid(1)).await, world.truth(&sid(1)).await);
    assert_eq!(other.find(&sid(1)).await, Some(before));
}

#[tokio::test]
async fn a_login_that_ends_other_sessions() {
    let ending = Effects::default().ending(EndSessions::All);
    seen(|one, live| async move { log_in(&one, &live, ending).await }).await;
}

#[tokio::test]
async fn a_move_of_the_session() {
    seen(|one, live| async move {
        let touch = Touch {
            sid: live.session.sid,
            seen_generation: Generation(0),
            ip_address: None,
            user_agent: None,
            at: at(7),
        };
        let moved = Effects::audit(event(AuditAction::SessionMoved));
        one.stores.sessions.touch(touch, moved).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn another_role() {
    seen(|one, live| async move {
        change(
            &one,
            &live,
            UserChange { role: Some(Role::Admin), ..UserChange::default() },
            Effects::default(),
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_deactivation() {
    seen(|one, live| async move {
        let off = UserChange { is_active: Some(false), ..UserChange::default() };
        change(&one, &live, off, drastic_effects()).await;
    })
    .await;
}

#[tokio::test]
async fn another_password_that_ends_other_sessions() {
    seen(|one, live| async move {
        let new = UserChange { password: Some(other_password()), ..UserChange::default() };
        change(&one, &live, new, effects().ending(EndSessions::AllBut(live.session.sid.clone()))).await;
    })
    .await;
}

#[tokio::test]
async fn a_deletion() {
    seen(|one, live| async move {
        one.users().delete(live.user.id, effects()).await.unwrap();
    })
    .await;
}

/// It was done, but nobody can know.
#[tokio::test]
async fn a_change_whose_answer_was_lost() {
    seen(|one, live| async move {
        one.watched.lose_answers();
        let which = SessionsToEnd::One(live.session.sid);
        one.stores.sessions.end(which, Effects::default()).await.unwrap_err();
    })
    .await;
}

/// By the instance that swept.
#[tokio::test]
async fn a_sweep() {
    let world = World::new();
    let one = world.instance();
    let live = world.signed_in("ada", 1).await;
    one.warm(&sid(1)).await;
    let swept = one.stores.sessions.sweep_expired(live.session.expires_at, 10).await.unwrap();
    assert_eq!((swept, one.find(&sid(1)).await), (1, None));
}

#[derive(Default)]
struct Ear(Mutex<Vec<Signal>>);

impl SignalListener for Ear {
    fn heard(&self, signal: &Signal) {
        self.0.lock().unwrap().push(signal.clone());
    }

    fn line_changed(&self, _is_up: bool) {}
}

/// Wherever effects come with one; and nobody is woken for nothing.
#[tokio::test]
async fn that_a_mail_waits_is_told() {
    let world = World::new();
    let one = world.instance();
    let live = world.signed_in("ada", 1).await;
    let ear = Arc::new(Ear::default());
    one.signals.listen(ear.clone());
    let told = async || {
        for _ in 0..100 {
            tokio::task::yield_now().await; // nobody waits for it
        }
        let heard = std::mem::take(&mut *ear.0.lock().unwrap());
        heard.iter().filter(|signal| **signal == Signal::MailWaiting).count()
    };
    let (users, sessions, outbox) = (&one.stores.users, &one.stores.sessions, &one.stores.outbox);
    let id = live.user.id;
    let change = || UserChange { at: at(1), ..UserChange::default() };

    users.create(unverified("eve"), effects()).await.unwrap();
    assert_eq!(told().await, 1, "a creation");
    users.change(id, change(), effects()).await.unwrap();
    assert_eq!(told().await, 1, "a change");
    sessions.end(SessionsToEnd::One(sid(1)), effects()).await.unwrap();
    assert_eq!(told().await, 1, "an end");
    outbox.put(Effects::default().mail(notice(0)).mail(notice(0))).await.unwrap();
    assert_eq!(told().await, 1, "a notice");
    outbox.requeue(None, at(1)).await.unwrap();
    assert_eq!(told().await, 1, "a mail that is tried again");
    users.delete(id, effects()).await.unwrap();
    assert_eq!(told().await, 1, "a deletion");

    users.create(unverified("mallory"), Effects::default()).await.unwrap();
    outbox.put(Effects::audit(event(AuditAction::LoggedIn))).await.unwrap();
    sessions.end(SessionsToEnd::One(sid(1)), Effects::default()).await.unwrap();
    assert_eq!(told().await, 0, "without a mail");
}

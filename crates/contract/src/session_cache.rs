//! Clauses of `SessionCache`.

use crate::given::{at, session, sid, user};
use crate::{Advance, race};
use chrono::TimeDelta;
use evently_auth_domain::account::{FullName, Role, User, UserId};
use evently_auth_domain::client::UserAgent;
use evently_auth_domain::ports::{CachedSession, Place, SessionCache, Signal};
use evently_auth_domain::session::{Generation, LiveSession, NewSession, Session, SessionId};
use futures_util::future::BoxFuture;
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

/// Tests an adapter of `SessionCache`, given an async function that makes a fresh [`SessionCacheHarness`].
#[macro_export]
macro_rules! session_cache {
    ($fresh:expr) => {
        $crate::clauses!($fresh, session_cache: [
            what_is_kept_is_found_as_it_was,
            a_place_is_had_by_one,
            another_place_is_no_right,
            sessions_do_not_mix,
            an_age_counts_from_the_taking_of_the_place,
            what_is_kept_is_gone_after_five_seconds,
            a_place_is_gone_after_five_seconds,
            a_forgotten_session_is_not_found,
            a_forgotten_account_has_no_session,
            others_are_not_forgotten,
            what_was_loading_when_its_session_was_forgotten_is_not_kept,
            what_was_loading_when_its_account_was_forgotten_is_not_kept,
            what_was_loading_when_the_cache_was_lost_is_not_kept,
            what_was_loaded_after_the_session_was_forgotten_is_kept,
            of_many_that_look_at_once_one_has_the_place,
            nothing_forgotten_comes_back_from_a_race,
        ]);
    };
}

/// For `session_cache!`: two instances of one empty cache.
pub struct SessionCacheHarness {
    /// An instance.
    pub one: Arc<dyn SessionCache>,
    /// Another one.
    pub other: Arc<dyn SessionCache>,
    /// Lets time pass.
    pub advance: Advance,
    /// Loses everything that is kept.
    pub flush: Box<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>,
    /// What must live as long as the cache.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// A session of this number, of the account of another; every member of both says something.
fn live(number: usize, owner: i64) -> LiveSession {
    let new = user("ada");
    let user = User {
        id: UserId(owner),
        email: new.email,
        username: new.username,
        full_name: FullName::parse("Ada \"the\" Lovelace, née Byron\\").unwrap(),
        is_active: true,
        is_verified: true,
        role: Role::Admin,
        created_at: at(1),
        updated_at: at(2),
        last_login: Some(at(3)),
        pending_email: Some(crate::given::email("other")),
        claim_expires_at: Some(at(4)),
    };
    let new: NewSession = session(&user, number);
    let session = Session {
        id: SessionId(77),
        sid: new.sid,
        user_id: user.id,
        seed: new.seed,
        generation: Generation(9),
        seen_generation: Some(Generation(8)),
        rotated_at: Some(at(5)),
        is_active: true,
        created_at: at(6),
        expires_at: at(7),
        last_accessed: at(8),
        ip_address: new.ip_address,
        user_agent: new.user_agent,
        last_ip_address: Some("2001:db8::7".parse().unwrap()),
        last_user_agent: UserAgent::parse("curl/8.5"),
    };
    LiveSession { session, user }
}

/// The same, of which every member that may say nothing says nothing.
fn bare(number: usize, owner: i64) -> LiveSession {
    let LiveSession { session, user } = live(number, owner);
    LiveSession {
        session: Session {
            seen_generation: None,
            rotated_at: None,
            is_active: false,
            ip_address: None,
            user_agent: None,
            last_ip_address: None,
            last_user_agent: None,
            ..session
        },
        user: User {
            full_name: None,
            is_active: false,
            is_verified: false,
            role: Role::User,
            last_login: None,
            pending_email: None,
            claim_expires_at: None,
            ..user
        },
    }
}

async fn place(cache: &Arc<dyn SessionCache>, number: usize) -> Place {
    match cache.find(&sid(number)).await.unwrap() {
        CachedSession::Vacant(place) => place,
        other => panic!("not vacant: {other:?}"),
    }
}

async fn kept(cache: &Arc<dyn SessionCache>, number: usize) -> Option<LiveSession> {
    match cache.find(&sid(number)).await.unwrap() {
        CachedSession::Kept { live, .. } => Some(live),
        CachedSession::Vacant(_) | CachedSession::Unavailable => None,
    }
}

async fn keep(given: &SessionCacheHarness, live: &LiveSession) {
    let number = live.session.sid.as_str().parse().unwrap();
    let place = place(&given.one, number).await;
    given.one.keep(place, live).await.unwrap();
    assert_eq!(kept(&given.other, number).await.as_ref(), Some(live));
}

fn session_changed(number: usize) -> [Signal; 1] {
    [Signal::SessionChanged(sid(number))]
}

fn seconds(seconds: i64) -> TimeDelta {
    TimeDelta::seconds(seconds)
}

/// By every instance, with every member.
pub async fn what_is_kept_is_found_as_it_was(given: SessionCacheHarness) {
    for live in [live(1, 42), bare(2, 43)] {
        keep(&given, &live).await;
        assert_eq!(kept(&given.one, live.session.sid.as_str().parse().unwrap()).await, Some(live));
    }
}

/// Whoever comes second loads for itself.
pub async fn a_place_is_had_by_one(given: SessionCacheHarness) {
    let first = place(&given.one, 1).await;
    assert_eq!(given.other.find(&sid(1)).await.unwrap(), CachedSession::Unavailable);
    given.one.keep(first, &live(1, 42)).await.unwrap();
    assert_eq!(kept(&given.other, 1).await, Some(live(1, 42)));
}

/// Nor is one that was had before.
pub async fn another_place_is_no_right(given: SessionCacheHarness) {
    let spent = place(&given.one, 1).await;
    given.one.forget(&session_changed(1)).await.unwrap();
    let place = place(&given.other, 1).await;
    assert_ne!(spent.token, place.token);
    given.one.keep(spent, &live(1, 41)).await.unwrap();
    assert_eq!(kept(&given.one, 1).await, None);
    given.one.keep(place, &live(1, 42)).await.unwrap();
    assert_eq!(kept(&given.one, 1).await, Some(live(1, 42)));
}

/// Each is found by its own name.
pub async fn sessions_do_not_mix(given: SessionCacheHarness) {
    keep(&given, &live(1, 42)).await;
    keep(&given, &live(2, 43)).await;
    assert_eq!(kept(&given.one, 1).await, Some(live(1, 42)));
    place(&given.one, 3).await;
}

/// Not from the end of the loading, and never too little.
pub async fn an_age_counts_from_the_taking_of_the_place(given: SessionCacheHarness) {
    let taken = place(&given.one, 1).await;
    (given.advance)(seconds(2)).await;
    given.one.keep(taken, &live(1, 42)).await.unwrap();
    (given.advance)(seconds(1)).await;
    let CachedSession::Kept { age, .. } = given.other.find(&sid(1)).await.unwrap() else {
        panic!("it is kept")
    };
    assert!(age >= Duration::from_millis(2_990) && age < Duration::from_secs(5), "{age:?}");
}

/// Whoever asks for it meanwhile.
pub async fn what_is_kept_is_gone_after_five_seconds(given: SessionCacheHarness) {
    let taken = place(&given.one, 1).await;
    (given.advance)(seconds(2)).await;
    given.one.keep(taken, &live(1, 42)).await.unwrap();
    (given.advance)(seconds(1)).await;
    assert!(kept(&given.one, 1).await.is_some());
    (given.advance)(TimeDelta::milliseconds(2_100)).await;
    place(&given.one, 1).await;
}

/// Loading that took longer is in vain.
pub async fn a_place_is_gone_after_five_seconds(given: SessionCacheHarness) {
    let late = place(&given.one, 1).await;
    (given.advance)(TimeDelta::milliseconds(5_100)).await;
    given.one.keep(late, &live(1, 42)).await.unwrap();
    assert_eq!(kept(&given.one, 1).await, None);
}

/// By any instance, from then on.
pub async fn a_forgotten_session_is_not_found(given: SessionCacheHarness) {
    keep(&given, &live(1, 42)).await;
    given.other.forget(&session_changed(1)).await.unwrap();
    assert_eq!(kept(&given.one, 1).await, None);
    given.one.forget(&session_changed(2)).await.unwrap(); // which was never there
}

/// None of them, from then on.
pub async fn a_forgotten_account_has_no_session(given: SessionCacheHarness) {
    keep(&given, &live(1, 42)).await;
    keep(&given, &live(2, 42)).await;
    given.other.forget(&[Signal::MailWaiting, Signal::UserChanged(UserId(42))]).await.unwrap();
    assert_eq!((kept(&given.one, 1).await, kept(&given.one, 2).await), (None, None));
}

/// Neither other sessions nor other accounts.
pub async fn others_are_not_forgotten(given: SessionCacheHarness) {
    keep(&given, &live(1, 42)).await;
    keep(&given, &live(2, 43)).await;
    let changed = [
        Signal::SessionChanged(sid(3)),
        Signal::UserChanged(UserId(4)),
        Signal::UserChanged(UserId(2)),
        Signal::MailWaiting,
    ];
    given.one.forget(&changed).await.unwrap();
    given.one.forget(&[]).await.unwrap();
    assert!(kept(&given.one, 1).await.is_some() && kept(&given.one, 2).await.is_some());
}

/// It may be what was before the change.
pub async fn what_was_loading_when_its_session_was_forgotten_is_not_kept(given: SessionCacheHarness) {
    let taken = place(&given.one, 1).await;
    given.other.forget(&session_changed(1)).await.unwrap();
    given.one.keep(taken, &live(1, 42)).await.unwrap();
    assert_eq!(kept(&given.one, 1).await, None);
}

/// Also when the cache did not know yet whose it was.
pub async fn what_was_loading_when_its_account_was_forgotten_is_not_kept(given: SessionCacheHarness) {
    let taken = place(&given.one, 1).await;
    given.other.forget(&[Signal::UserChanged(UserId(42))]).await.unwrap();
    given.one.keep(taken, &live(1, 42)).await.unwrap();
    assert_eq!(kept(&given.one, 1).await, None);
}

/// What was to be forgotten may be lost with it.
pub async fn what_was_loading_when_the_cache_was_lost_is_not_kept(given: SessionCacheHarness) {
    keep(&given, &live(1, 42)).await;
    let taken = place(&given.one, 2).await;
    given.other.forget(&[Signal::UserChanged(UserId(42)), Signal::SessionChanged(sid(2))]).await.unwrap();
    (given.flush)().await;
    given.one.keep(taken, &live(2, 42)).await.unwrap();
    assert_eq!((kept(&given.one, 1).await, kept(&given.one, 2).await), (None, None));
}

/// A change does not keep a session out for good.
pub async fn what_was_loaded_after_the_session_was_forgotten_is_kept(given: SessionCacheHarness) {
    keep(&given, &live(1, 42)).await;
    given.one.forget(&session_changed(1)).await.unwrap();
    keep(&given, &live(1, 42)).await;
}

/// 64 at once.
pub async fn of_many_that_look_at_once_one_has_the_place(given: SessionCacheHarness) {
    let looks = race(64, |number| {
        let cache = if number % 2 == 0 { given.one.clone() } else { given.other.clone() };
        async move { cache.find(&sid(1)).await.unwrap() }
    })
    .await;
    let places = looks.iter().filter(|found| matches!(found, CachedSession::Vacant(_))).count();
    assert_eq!(places, 1);
}

/// 64 load, keep and forget one session; what is found once the last has been forgotten is nothing.
pub async fn nothing_forgotten_comes_back_from_a_race(given: SessionCacheHarness) {
    let caches = [given.one.clone(), given.other.clone()];
    race(64, |number| {
        let cache = caches[number % 2].clone();
        async move {
            if let CachedSession::Vacant(place) = cache.find(&sid(1)).await.unwrap() {
                cache.forget(&[Signal::SessionChanged(sid(1))]).await.unwrap();
                cache.keep(place, &live(1, 42)).await.unwrap();
            }
        }
    })
    .await;
    assert_eq!(kept(&given.one, 1).await, None);
}

//! Lost lines, lost callers, and others that cannot be told.

use crate::world::World;
use async_trait::async_trait;
use evently_auth_cache::{Stores, decorate};
use evently_auth_contract::given::{at, notice, password, proof, session, sid};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{
    CachedSession, Place, SessionCache, Sessions, SessionsToEnd, Signal, SignalListener, Signals,
    UnchangedPassword,
};
use evently_auth_domain::session::{Generation, LiveSession, Sid, Touch};
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn end() -> SessionsToEnd {
    SessionsToEnd::One(sid(1))
}

#[tokio::test]
async fn a_lost_line_turns_the_caches_off_at_once() {
    let world = World::new();
    let one = world.sharing_instance();
    world.signed_in("ada", 1).await;
    one.warm(&sid(1)).await;
    one.signals.set_line(false);
    world.store().rotate(&sid(1), &proof(1, 0), at(1), None).await.unwrap();
    let before = one.watched.finds();
    for _ in 0..3 {
        assert_eq!(one.find(&sid(1)).await, world.truth(&sid(1)).await);
    }
    assert_eq!(one.watched.finds(), before + 3);

    // What was cached before, and what was read meanwhile, stays void.
    one.signals.set_line(true);
    assert_eq!(one.find(&sid(1)).await, world.truth(&sid(1)).await);
    one.warm(&sid(1)).await;
}

/// It may have missed a signal.
#[tokio::test]
async fn what_was_read_while_the_line_was_down_is_not_remembered() {
    let world = World::new();
    let one = world.instance();
    world.signed_in("ada", 1).await;
    one.signals.set_line(false);
    assert!(one.stores.sessions.find_fresh(&sid(1)).await.unwrap().is_some());
    one.find(&sid(1)).await;
    world.store().rotate(&sid(1), &proof(1, 0), at(1), None).await.unwrap();
    one.signals.set_line(true);
    assert_eq!(one.find(&sid(1)).await, world.truth(&sid(1)).await);
}

/// A line that says when it may be relied on, and nothing else.
#[derive(Default)]
struct Quiet(Mutex<Option<Arc<dyn SignalListener>>>);

impl Quiet {
    fn proven(&self, until: Instant) {
        self.0.lock().unwrap().as_ref().unwrap().line_proven(until);
    }
}

#[async_trait]
impl Signals for Quiet {
    async fn send(&self, _signals: &[Signal]) -> Result<(), StoreError> {
        Ok(())
    }

    fn listen(&self, listener: Arc<dyn SignalListener>) {
        listener.line_changed(true);
        *self.0.lock().unwrap() = Some(listener);
    }
}

/// As after the process was suspended: nobody had the time to say that the line is down.
#[tokio::test]
async fn a_line_that_is_no_longer_proven_is_not_trusted() {
    let world = World::new();
    let store = Arc::new(world.store().clone());
    let line = Arc::new(Quiet::default());
    let plain = Stores { users: store.clone(), sessions: store.clone(), outbox: store.clone() };
    let sessions = decorate(plain, line.clone(), None).sessions;
    let old = Some(world.signed_in("ada", 1).await);

    line.proven(Instant::now() + Duration::from_secs(60));
    assert_eq!(sessions.find(&sid(1)).await.unwrap(), old);
    store.rotate(&sid(1), &proof(1, 0), at(1), None).await.unwrap();
    assert_eq!(sessions.find(&sid(1)).await.unwrap(), old, "nobody told");
    line.proven(Instant::now());
    assert_eq!(sessions.find(&sid(1)).await.unwrap(), world.truth(&sid(1)).await);
}

#[tokio::test]
async fn a_caller_that_goes_away_ends_neither_the_change_nor_the_telling() {
    let world = World::new();
    let (one, other) = (world.instance(), world.instance());
    world.signed_in("ada", 1).await;
    one.warm(&sid(1)).await;
    other.warm(&sid(1)).await;
    one.watched.hold();
    let ending =
        tokio::time::timeout(Duration::from_millis(20), one.stores.sessions.end(end(), Effects::default()));
    assert!(ending.await.is_err(), "the caller went away");
    one.watched.until_held().await;
    assert!(other.find(&sid(1)).await.unwrap().session.is_active, "not done yet");
    one.watched.release();
    let start = Instant::now();
    while world.truth(&sid(1)).await.unwrap().session.is_active
        || one.find(&sid(1)).await.unwrap().session.is_active
        || other.find(&sid(1)).await.unwrap().session.is_active
    {
        assert!(start.elapsed() < Duration::from_secs(3), "seen by everybody");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn who_cannot_be_told_at_once_is_told_later() {
    let world = World::new();
    let (one, other) = (world.instance(), world.instance());
    world.signed_in("ada", 1).await;
    one.warm(&sid(1)).await;
    other.warm(&sid(1)).await;
    one.signals.set_mute(true);
    let start = Instant::now();
    assert_eq!(one.stores.sessions.end(end(), Effects::default()).await.unwrap(), 1, "the change is good");
    assert!(start.elapsed() < Duration::from_secs(2), "nobody waits for long");
    assert!(!one.find(&sid(1)).await.unwrap().session.is_active, "the instance itself knows");
    assert!(other.find(&sid(1)).await.unwrap().session.is_active, "nobody told");
    one.signals.set_mute(false);
    let start = Instant::now();
    while other.find(&sid(1)).await.unwrap().session.is_active {
        assert!(start.elapsed() < Duration::from_secs(2), "told when it can be");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// What others have at hand is void even when what is shared cannot be forgotten.
#[tokio::test(start_paused = true)]
async fn a_shared_cache_that_is_away_keeps_no_signal_back() {
    let world = World::new();
    let (one, other) = (world.sharing_instance(), world.sharing_instance());
    world.signed_in("ada", 1).await;
    world.until_shared().await;
    other.warm(&sid(1)).await;
    world.cache.set_away(true);
    one.stores.sessions.end(end(), Effects::default()).await.unwrap();
    assert!(!other.find(&sid(1)).await.unwrap().session.is_active);
}

/// One that never answers.
struct Silent;

#[async_trait]
impl SessionCache for Silent {
    async fn find(&self, _sid: &Sid) -> Result<CachedSession, StoreError> {
        pending().await
    }

    async fn keep(&self, _place: Place, _loaded: &LiveSession) -> Result<(), StoreError> {
        pending().await
    }

    async fn forget(&self, _changed: &[Signal]) -> Result<(), StoreError> {
        pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_shared_cache_that_never_answers_keeps_no_signal_back_for_a_second() {
    let world = World::new();
    let other = world.instance();
    let store = Arc::new(world.store().clone());
    let plain = Stores { users: store.clone(), sessions: store.clone(), outbox: store };
    let one = decorate(plain, Arc::new(other.signals.instance()), Some(Arc::new(Silent)));
    world.signed_in("ada", 1).await;
    other.warm(&sid(1)).await;
    one.sessions.end(end(), Effects::default()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert!(!other.find(&sid(1)).await.unwrap().session.is_active);
}

/// Nor is it forgotten that something has to be.
#[tokio::test(start_paused = true)]
async fn a_shared_cache_that_was_away_forgets_later() {
    let world = World::new();
    let one = world.sharing_instance();
    world.signed_in("ada", 1).await;
    world.until_shared().await;
    one.find(&sid(1)).await;
    tokio::task::yield_now().await;
    let is_kept = async || matches!(world.cache.find(&sid(1)).await.unwrap(), CachedSession::Kept { .. });
    assert!(is_kept().await);
    world.cache.set_away(true);
    one.stores.sessions.end(end(), Effects::default()).await.unwrap();
    world.cache.set_away(false);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!is_kept().await);
}

/// As long as anybody can have an entry from before, and not for ever.
#[tokio::test(start_paused = true)]
async fn telling_ends_when_nobody_can_be_behind_any_more() {
    let world = World::new();
    let (one, other) = (world.instance(), world.instance());
    world.signed_in("ada", 1).await;
    other.warm(&sid(1)).await;
    one.signals.set_mute(true);
    one.stores
        .sessions
        .end(SessionsToEnd::AllOf(world.truth(&sid(1)).await.unwrap().user.id), Effects::default())
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(!other.find(&sid(1)).await.unwrap().session.is_active, "its entry is too old");

    let live = world.session(&world.truth(&sid(1)).await.unwrap().user, 2).await;
    other.warm(&sid(2)).await;
    world.store().end(SessionsToEnd::AllOf(live.user.id), Effects::default()).await.unwrap();
    one.signals.set_mute(false);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(other.find(&sid(2)).await, Some(live), "nobody tells any more");
}

/// Nobody says that anything was heard.
#[derive(Default)]
struct Unheard(Mutex<Vec<Signal>>);

#[async_trait]
impl Signals for Unheard {
    async fn send(&self, _signals: &[Signal]) -> Result<(), StoreError> {
        pending().await
    }

    async fn tell(&self, signals: &[Signal]) -> Result<(), StoreError> {
        self.0.lock().unwrap().extend_from_slice(signals);
        Ok(())
    }

    fn listen(&self, listener: Arc<dyn SignalListener>) {
        listener.line_changed(true);
        listener.line_proven(Instant::now() + Duration::from_secs(60));
    }
}

/// Others are told of the login, and of nothing else here.
#[tokio::test(start_paused = true)]
async fn logins_uses_and_mails_wait_for_no_hearing_and_an_end_does_not_for_long() {
    let world = World::new();
    let user = world.signed_in("ada", 1).await.user;
    let store = Arc::new(world.store().clone());
    let line = Arc::new(Unheard::default());
    let plain = Stores { users: store.clone(), sessions: store.clone(), outbox: store };
    let Stores { sessions, outbox, .. } = decorate(plain, line.clone(), None);
    let start = tokio::time::Instant::now();

    let password = UnchangedPassword { verified: password(), rehashed: None };
    sessions.open(session(&user, 2), password, Effects::default()).await.unwrap();
    let used =
        Touch { sid: sid(1), seen_generation: Generation(0), ip_address: None, user_agent: None, at: at(60) };
    sessions.touch(used, Effects::default()).await.unwrap();
    outbox.put(Effects::default().mail(notice(0))).await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
    tokio::task::yield_now().await;
    assert_eq!(*line.0.lock().unwrap(), [Signal::MailWaiting], "the others are told to nobody");

    sessions.end(end(), Effects::default()).await.unwrap();
    assert!((Duration::from_millis(500)..Duration::from_millis(510)).contains(&start.elapsed()));
}

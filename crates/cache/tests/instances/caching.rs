//! What is answered without asking, for how long, and what never is.

use crate::world::World;
use evently_auth_contract::given::{at, proof, sid};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{CachedSession, SessionCache, Sessions, SessionsToEnd, UserChange, Users};
use evently_auth_domain::session::{Generation, Touch};
use std::time::Duration;

const MOMENT: Duration = Duration::from_millis(10);
const LIFE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn an_undisturbed_find_asks_nobody() {
    let world = World::new();
    let one = world.sharing_instance();
    let live = world.signed_in("ada", 1).await;
    for _ in 0..100 {
        assert_eq!(one.find(&sid(1)).await.as_ref(), Some(&live));
        world.cache.set_away(true);
    }
    assert_eq!(one.watched.finds(), 1);
}

#[tokio::test]
async fn a_fresh_find_asks_the_store_and_is_remembered() {
    let world = World::new();
    let one = world.deaf_instance();
    world.signed_in("ada", 1).await;
    one.warm(&sid(1)).await;
    let before = one.find(&sid(1)).await;
    world.store().rotate(&sid(1), &proof(1, 0), at(1), None).await.unwrap();
    assert_eq!(one.find(&sid(1)).await, before, "nobody told");
    let fresh = one.stores.sessions.find_fresh(&sid(1)).await.unwrap();
    assert_eq!(fresh, world.truth(&sid(1)).await);
    assert_eq!(one.find(&sid(1)).await, fresh);
}

#[tokio::test(start_paused = true)]
async fn no_entry_is_used_after_five_seconds() {
    let world = World::new();
    let one = world.deaf_instance();
    world.signed_in("ada", 1).await;
    one.warm(&sid(1)).await;
    world.store().end(SessionsToEnd::One(sid(1)), Effects::default()).await.unwrap();
    world.pass(LIFE - MOMENT).await;
    assert!(one.find(&sid(1)).await.unwrap().session.is_active, "nobody told");
    world.pass(MOMENT).await;
    assert!(!one.find(&sid(1)).await.unwrap().session.is_active);
}

/// The age counts from the beginning of the load.
#[tokio::test(start_paused = true)]
async fn a_slow_load_makes_an_entry_no_younger() {
    let world = World::new();
    let one = world.deaf_instance();
    world.signed_in("ada", 1).await;
    one.watched.hold();
    let (sessions, id) = (one.stores.sessions.clone(), sid(1));
    let load = tokio::spawn(async move { sessions.find(&id).await });
    one.watched.until_held().await;
    world.pass(LIFE - MOMENT).await;
    one.watched.release();
    assert!(load.await.unwrap().unwrap().is_some());
    let before = one.watched.finds();
    one.find(&sid(1)).await;
    assert_eq!(one.watched.finds(), before, "it is cached");
    world.pass(MOMENT).await;
    one.find(&sid(1)).await;
    assert_eq!(one.watched.finds(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn what_one_loaded_another_finds_and_no_younger() {
    let world = World::new();
    let (one, other) = (world.sharing_instance(), world.sharing_instance());
    let live = world.signed_in("ada", 1).await;
    world.until_shared().await;
    one.find(&sid(1)).await;
    tokio::task::yield_now().await; // it is shared without keeping the caller
    world.pass(Duration::from_secs(3)).await;
    assert_eq!(other.find(&sid(1)).await, Some(live));
    assert_eq!((one.watched.finds(), other.watched.finds()), (1, 0));
    world.pass(Duration::from_secs(2) - MOMENT).await;
    other.find(&sid(1)).await;
    assert_eq!(other.watched.finds(), 0);
    world.pass(MOMENT).await;
    other.find(&sid(1)).await;
    assert_eq!(other.watched.finds(), 1, "five seconds after it was loaded");
}

/// A Redis that comes back with old data is not believed.
#[tokio::test(start_paused = true)]
async fn a_new_line_is_no_ground_for_trusting_what_is_shared() {
    let world = World::new();
    let (one, other) = (world.sharing_instance(), world.sharing_instance());
    let live = world.signed_in("ada", 1).await;
    world.until_shared().await;
    other.signals.set_line(false);
    other.signals.set_line(true);
    one.find(&sid(1)).await;
    tokio::task::yield_now().await;
    let kept = world.cache.find(&sid(1)).await.unwrap();
    assert!(matches!(kept, CachedSession::Kept { live: kept, .. } if kept == live));
    other.find(&sid(1)).await;
    assert_eq!(other.watched.finds(), 1, "asked the store");
}

#[tokio::test(start_paused = true)]
async fn a_shared_cache_that_is_away_costs_nothing_but_time() {
    let world = World::new();
    let one = world.sharing_instance();
    let live = world.signed_in("ada", 1).await;
    world.until_shared().await;
    world.cache.set_away(true);
    assert_eq!(one.find(&sid(1)).await, Some(live));
    one.warm(&sid(1)).await;
}

/// They would be refused, and a refusal asks the store.
#[tokio::test(start_paused = true)]
async fn what_admits_nobody_is_not_cached() {
    let world = World::new();
    let one = world.sharing_instance();
    let ada = world.signed_in("ada", 1).await.user;
    let eve = world.signed_in("eve", 2).await.user;
    world.until_shared().await;
    world.store().end(SessionsToEnd::One(sid(1)), Effects::default()).await.unwrap();
    let off = UserChange { is_active: Some(false), at: at(1), ..UserChange::default() };
    world.store().change(eve.id, off, Effects::default()).await.unwrap();
    for number in [1, 2, 3] {
        let truth = world.truth(&sid(number)).await;
        let before = one.watched.finds();
        for _ in 0..3 {
            assert_eq!(one.find(&sid(number)).await, truth);
            tokio::task::yield_now().await;
        }
        assert_eq!(one.watched.finds(), before + 3, "session {number}");
        let found = world.cache.find(&sid(number)).await.unwrap();
        assert!(!matches!(found, CachedSession::Kept { .. }), "session {number}");
    }
    one.find(&world.session(&ada, 4).await.session.sid).await;
    tokio::task::yield_now().await;
    let found = world.cache.find(&sid(4)).await.unwrap();
    assert!(matches!(found, CachedSession::Kept { .. }), "while what admits is");
}

/// On the instance that noted it, without asking the store again.
#[tokio::test]
async fn a_use_is_noted_on_what_is_cached() {
    let world = World::new();
    let one = world.instance();
    world.signed_in("ada", 1).await;
    one.warm(&sid(1)).await;
    let before = one.watched.finds();
    let touch = Touch {
        sid: sid(1),
        seen_generation: Generation(0),
        ip_address: Some("198.51.100.7".parse().unwrap()),
        user_agent: None,
        at: at(60),
    };
    one.stores.sessions.touch(touch, Effects::default()).await.unwrap();
    assert_eq!(one.find(&sid(1)).await, world.truth(&sid(1)).await);
    assert_eq!(one.find(&sid(1)).await.unwrap().session.last_accessed, at(60));
    assert_eq!(one.watched.finds(), before);
}

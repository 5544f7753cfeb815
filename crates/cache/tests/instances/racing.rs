//! Changes that come while something is loading, and many of both at once.

use crate::world::{Instance, World};
use evently_auth_contract::{given, given::sid, race, run};
use evently_auth_domain::account::Role;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{CachedSession, SessionCache, SessionsToEnd, UserChange};
use evently_auth_domain::session::{Generation, LiveSession, Touch};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;

/// A lookup of session 1 that has read the store, and is held up on its way back.
async fn held_up(instance: &Instance) -> JoinHandle<Option<LiveSession>> {
    instance.watched.hold();
    let looking = instance.clone();
    let load = tokio::spawn(async move { looking.find(&sid(1)).await });
    instance.watched.until_held().await;
    load
}

/// Session 1 is used somewhere else, of which everybody is told.
async fn moved(instance: &Instance, number: i64) {
    let touch = Touch {
        sid: sid(1),
        seen_generation: Generation(number),
        ip_address: None,
        user_agent: None,
        at: given::at(number),
    };
    instance.stores.sessions.touch(touch, given::effects()).await.unwrap();
}

#[tokio::test]
async fn a_notice_wins_over_what_was_loading() {
    let world = World::new();
    let (one, other) = (world.instance(), world.instance());
    let live = world.signed_in("ada", 1).await;
    for by_user in [false, true] {
        let load = held_up(&other).await;
        if by_user {
            let change = UserChange { role: Some(Role::Admin), at: given::at(1), ..UserChange::default() };
            one.users().change(live.user.id, change, Effects::default()).await.unwrap();
        } else {
            moved(&one, 1).await;
        }
        other.watched.release();
        let old = load.await.unwrap();
        assert_ne!(old, world.truth(&sid(1)).await, "it began before the change");
        assert_eq!(other.find(&sid(1)).await, world.truth(&sid(1)).await);
        moved(&one, 2).await;
    }
}

#[tokio::test]
async fn a_change_of_ones_own_wins_too() {
    let world = World::new();
    let one = world.instance();
    world.signed_in("ada", 1).await;
    let load = held_up(&one).await;
    let change = UserChange { role: Some(Role::Admin), at: given::at(1), ..UserChange::default() };
    let id = world.truth(&sid(1)).await.unwrap().user.id;
    one.users().change(id, change, Effects::default()).await.unwrap();
    one.watched.release();
    load.await.unwrap();
    assert_eq!(one.find(&sid(1)).await.unwrap().user.role, Role::Admin);
}

#[tokio::test]
async fn a_lost_line_wins_over_what_was_loading() {
    let world = World::new();
    let other = world.instance();
    world.signed_in("ada", 1).await;
    let load = held_up(&other).await;
    other.signals.set_line(false);
    evently_auth_domain::ports::Sessions::end(world.store(), SessionsToEnd::One(sid(1)), Effects::default())
        .await
        .unwrap();
    other.signals.set_line(true);
    other.watched.release();
    load.await.unwrap();
    assert!(!other.find(&sid(1)).await.unwrap().session.is_active);
}

/// Neither in the cache of the one that loaded nor in the shared one, however the shared one was treated meanwhile.
#[tokio::test(start_paused = true)]
async fn what_was_revoked_while_it_loaded_is_not_shared() {
    for is_flushed in [false, true] {
        let world = World::new();
        let (one, other) = (world.sharing_instance(), world.sharing_instance());
        world.signed_in("ada", 1).await;
        world.until_shared().await;
        let load = held_up(&other).await;
        assert_eq!(
            world.cache.find(&sid(1)).await.unwrap(),
            CachedSession::Unavailable,
            "its place is taken"
        );
        one.stores.sessions.end(SessionsToEnd::One(sid(1)), Effects::default()).await.unwrap();
        if is_flushed {
            world.cache.flush();
        }
        other.watched.release();
        assert!(load.await.unwrap().unwrap().session.is_active, "it began before the end");
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert!(!matches!(world.cache.find(&sid(1)).await.unwrap(), CachedSession::Kept { .. }));
        for instance in [&one, &other, &world.sharing_instance()] {
            assert!(!instance.find(&sid(1)).await.unwrap().session.is_active);
        }
    }
}

/// 64 at once change one session and account, and look at it, on three instances. A lookup that began after a change had
/// returned never shows what was before.
async fn nothing_goes_back(world: World, instances: [Instance; 3]) {
    const ROUNDS: i64 = 40;
    let live = world.signed_in("ada", 1).await;
    let done = Arc::new(AtomicI64::new(0)); // the latest change that returned
    let user = live.user.id;
    race(64, |number| {
        let instance = instances.iter().cycle().nth(number).cloned().unwrap();
        let done = done.clone();
        async move {
            for round in 1..=ROUNDS {
                if number == 0 {
                    // The number of the change is its time.
                    let change = UserChange { at: given::at(round), ..UserChange::default() };
                    instance.users().change(user, change, Effects::default()).await.unwrap();
                    done.store(round, Ordering::SeqCst);
                } else {
                    let known = done.load(Ordering::SeqCst);
                    let found = instance.find(&sid(1)).await.unwrap().user.updated_at;
                    assert!(found >= given::at(known), "{found} shows less than change {known}");
                    tokio::task::yield_now().await;
                }
            }
        }
    })
    .await;
}

#[test]
fn nothing_goes_back_without_a_shared_cache() {
    run(async {
        let world = World::new();
        let instances = [world.instance(), world.instance(), world.instance()];
        nothing_goes_back(world, instances).await;
    });
}

#[test]
fn nothing_goes_back_with_a_shared_cache() {
    run(async {
        let world = World::new();
        let instances = [world.sharing_instance(), world.sharing_instance(), world.sharing_instance()];
        tokio::time::sleep(Duration::from_millis(5_100)).await; // until it is used
        nothing_goes_back(world, instances).await;
    });
}

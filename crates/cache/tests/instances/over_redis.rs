//! Two instances with a real Redis between them, which is frozen, killed, restarted and flushed.

use crate::world::World;
use evently_auth_cache::{Stores, decorate};
use evently_auth_contract::given::{at, sid};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{SessionsToEnd, UserChange};
use evently_auth_domain::session::LiveSession;
use evently_auth_redis::{Endpoint, RedisConfig, RedisSessionCache, RedisSignals, RedisStore, Topology};
use evently_auth_services::Redis;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::{self, Handle, Runtime};
use tokio::time::sleep;

/// A second as promised, and what a busy machine may add.
const NOTICED: Duration = Duration::from_millis(1_500);

/// Long enough for everything else.
const BACK: Duration = Duration::from_secs(15);

/// Until a new line is old enough for the shared cache.
const SHARED: Duration = Duration::from_millis(5_200);

struct Pair {
    world: World,
    redis: Redis,
    one: Stores,
    other: Stores,
    /// Where the other lives, as in a process of its own.
    elsewhere: Option<Runtime>,
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.elsewhere.take().into_iter().for_each(Runtime::shutdown_background);
    }
}

impl Pair {
    async fn new() -> Self {
        let (world, redis) = (World::new(), Redis::launch().await.unwrap());
        let elsewhere = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let instance = |runtime: &Handle| {
            let topology = Topology::Single(Endpoint { host: "127.0.0.1".into(), port: redis.port() });
            let config = RedisConfig { topology, username: None, password: None, database: 0, tls: None };
            let connection = RedisStore::new(&config, "test", runtime.clone()).unwrap();
            let store = Arc::new(world.store().clone());
            let plain = Stores { users: store.clone(), sessions: store.clone(), outbox: store };
            let seals = world.memory.keys().session_cache.clone();
            let shared = RedisSessionCache::new(connection.clone(), seals);
            decorate(plain, Arc::new(RedisSignals::new(connection)), Some(Arc::new(shared)))
        };
        let (one, other) = (instance(&Handle::current()), instance(elsewhere.handle()));
        world.signed_in("ada", 1).await;
        let pair = Self { world, redis, one, other, elsewhere: Some(elsewhere) };
        pair.until_cached().await;
        pair
    }

    async fn truth(&self) -> LiveSession {
        self.world.truth(&sid(1)).await.unwrap()
    }

    /// The other instance answers from its cache: a change that nobody told it is not seen.
    async fn until_cached(&self) {
        let start = Instant::now();
        for number in 0.. {
            find(&self.other).await;
            let change = UserChange { at: at(-1 - number), ..UserChange::default() };
            let id = self.truth().await.user.id;
            evently_auth_domain::ports::Users::change(self.world.store(), id, change, Effects::default())
                .await
                .unwrap();
            if find(&self.other).await != self.truth().await {
                break;
            }
            assert!(start.elapsed() < BACK, "never cached");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Ends the session on one instance; says how long the other went on admitting it after that.
    async fn end(&self) -> Duration {
        let start = Instant::now();
        let ended = self.one.sessions.end(SessionsToEnd::One(sid(1)), Effects::default()).await;
        assert_eq!(ended.unwrap(), 1);
        assert!(start.elapsed() < Duration::from_secs(2), "the wait is bounded: {:?}", start.elapsed());
        assert!(!find(&self.one).await.session.is_active, "the instance itself knows");
        let start = Instant::now();
        while find(&self.other).await.session.is_active {
            assert!(start.elapsed() < BACK, "never seen");
            sleep(Duration::from_millis(1)).await;
        }
        start.elapsed()
    }
}

async fn find(instance: &Stores) -> LiveSession {
    instance.sessions.find(&sid(1)).await.unwrap().unwrap()
}

/// Makes so many changes on one instance; the very next lookup on the other, which has it cached, has to see each.
async fn each_is_seen(pair: &Pair, changes: i64) {
    let id = pair.truth().await.user.id;
    for round in 1..=changes {
        find(&pair.other).await;
        let change = UserChange { at: at(round), ..UserChange::default() };
        pair.one.users.change(id, change, Effects::default()).await.unwrap();
        assert_eq!(find(&pair.other).await.user.updated_at, at(round), "change {round} is not seen");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_is_seen_by_the_next_lookup() {
    let pair = Pair::new().await;
    sleep(SHARED).await;
    each_is_seen(&pair, 300).await;
}

/// Others want every core: the other instance comes late to reading what it was told.
#[tokio::test(flavor = "multi_thread")]
async fn each_change_is_seen_by_the_next_lookup_on_a_busy_machine() {
    let pair = Pair::new().await;
    let cores = std::thread::available_parallelism().unwrap().get();
    let (is_over, start) = (AtomicBool::new(false), Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let over = Over(&is_over);
        tokio::task::block_in_place(|| Handle::current().block_on(each_is_seen(&pair, 500)));
        drop(over);
    });
    println!("500 changes in {:?}", start.elapsed());
}

/// Ends what keeps the cores busy, also when the test fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_loaded_the_other_need_not_load() {
    let pair = Pair::new().await;
    sleep(SHARED).await; // by then nothing is cached any more
    find(&pair.one).await;
    sleep(Duration::from_millis(100)).await;
    let shared = pair.truth().await;
    let change = UserChange { at: at(1), ..UserChange::default() };
    evently_auth_domain::ports::Users::change(pair.world.store(), shared.user.id, change, Effects::default())
        .await
        .unwrap();
    assert_eq!(find(&pair.other).await, shared, "as one had loaded it: nobody told of the change");
    sleep(SHARED).await;
    assert_eq!(find(&pair.other).await, pair.truth().await, "no longer than five seconds");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_redis_hides_a_revocation_for_a_second_at_most() {
    let pair = Pair::new().await;
    pair.redis.freeze().unwrap();
    assert!(pair.end().await < NOTICED);
    pair.redis.thaw().unwrap();
    assert!(!find(&pair.other).await.session.is_active);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_redis_hides_a_revocation_for_a_second_at_most() {
    let pair = Pair::new().await;
    pair.redis.kill().await.unwrap();
    assert!(pair.end().await < NOTICED);
    pair.redis.start().await.unwrap();
    assert!(!find(&pair.other).await.session.is_active);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_redis_is_used_again() {
    let pair = Pair::new().await;
    pair.redis.restart().await.unwrap();
    pair.until_cached().await;
    assert!(pair.end().await < NOTICED);
}

#[tokio::test(flavor = "multi_thread")]
async fn flushing_logs_nobody_out_and_revives_nothing() {
    let pair = Pair::new().await;
    sleep(SHARED).await;
    find(&pair.one).await;
    pair.redis.flush().await.unwrap();
    assert!(find(&pair.one).await.session.is_active && find(&pair.other).await.session.is_active);
    pair.end().await;
    pair.redis.flush().await.unwrap();
    for _ in 0..100 {
        assert!(!find(&pair.one).await.session.is_active && !find(&pair.other).await.session.is_active);
    }
}

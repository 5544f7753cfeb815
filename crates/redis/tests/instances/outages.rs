//! The line notices within a second that it may have lost something, and comes back by itself.

use crate::world::{Servers, endpoint};
use evently_auth_domain::account::UserId;
use evently_auth_domain::ports::{Signal, SignalListener, Signals};
use evently_auth_redis::{RedisConfig, RedisSignals, RedisStore, Topology};
use evently_auth_services::{Redis, RedisSentinel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};

/// A second, and what a busy machine may add.
const NOTICED: Duration = Duration::from_millis(1_500);

/// Long enough for everything else.
const BACK: Duration = Duration::from_secs(15);

#[derive(Default)]
struct Ear {
    lines: Mutex<Vec<bool>>,
    heard: Mutex<Vec<Signal>>,
    proven: Mutex<Option<Instant>>,
}

impl SignalListener for Ear {
    fn heard(&self, signal: &Signal) {
        self.heard.lock().unwrap().push(signal.clone());
    }

    fn line_changed(&self, is_up: bool) {
        self.lines.lock().unwrap().push(is_up);
    }

    fn line_proven(&self, until: Instant) {
        *self.proven.lock().unwrap() = Some(until);
    }
}

impl Ear {
    fn lines(&self) -> Vec<bool> {
        self.lines.lock().unwrap().clone()
    }

    async fn until(&self, limit: Duration, what: &str, holds: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !holds(self) {
            assert!(start.elapsed() < limit, "not within {limit:?}: {what}; the line was {:?}", self.lines());
            sleep(Duration::from_millis(5)).await;
        }
    }

    async fn until_line(&self, limit: Duration, is_up: bool) {
        self.until(limit, if is_up { "up" } else { "down" }, |ear| ear.lines().last() == Some(&is_up)).await;
    }
}

async fn line(redis: &Redis) -> (RedisSignals, Arc<Ear>) {
    let signals = RedisSignals::new(Servers::own(redis.address()).store("test"));
    let ear = Arc::new(Ear::default());
    signals.listen(ear.clone());
    ear.until_line(BACK, true).await;
    (signals, ear)
}

/// Sends until it works, and hears it.
async fn hears_again(signals: &RedisSignals, ear: &Ear) {
    ear.until_line(BACK, true).await;
    let start = Instant::now();
    while signals.send(&[Signal::UserChanged(UserId(7))]).await.is_err() {
        assert!(start.elapsed() < BACK, "nothing can be sent");
        sleep(Duration::from_millis(20)).await;
    }
    ear.until(BACK, "heard", |ear| !ear.heard.lock().unwrap().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_redis_is_noticed_within_a_second() {
    let redis = Redis::launch().await.unwrap();
    let (signals, ear) = line(&redis).await;
    redis.freeze().unwrap();
    ear.until_line(NOTICED, false).await;
    let proven = ear.proven.lock().unwrap().unwrap();
    assert!(proven <= Instant::now() + Duration::from_secs(1), "a proof is good for a second at most");
    redis.thaw().unwrap();
    hears_again(&signals, &ear).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_redis_is_noticed_and_a_new_one_found() {
    let redis = Redis::launch().await.unwrap();
    let (signals, ear) = line(&redis).await;
    redis.kill().await.unwrap();
    ear.until_line(NOTICED, false).await;
    assert!(signals.send(&[Signal::MailWaiting]).await.is_err());
    redis.start().await.unwrap();
    hears_again(&signals, &ear).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quick_restart_is_noticed() {
    let redis = Redis::launch().await.unwrap();
    let (signals, ear) = line(&redis).await;
    let before = ear.lines().len();
    redis.restart().await.unwrap();
    ear.until(NOTICED, "down", |ear| ear.lines()[before..].contains(&false)).await;
    hears_again(&signals, &ear).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_comes_late_is_found() {
    let redis = Redis::launch().await.unwrap();
    redis.stop().await.unwrap();
    let signals = RedisSignals::new(Servers::own(redis.address()).store("test"));
    let ear = Arc::new(Ear::default());
    signals.listen(ear.clone());
    assert_eq!(ear.lines(), [false]);
    redis.start().await.unwrap();
    hears_again(&signals, &ear).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undisturbed_line_stays_up_and_is_proven_again_and_again() {
    let redis = Redis::launch().await.unwrap();
    let (_signals, ear) = line(&redis).await;
    let before = ear.lines().len();
    redis.flush().await.unwrap();
    for _ in 0..30 {
        sleep(Duration::from_millis(100)).await;
        assert!(ear.proven.lock().unwrap().unwrap() > Instant::now());
    }
    assert_eq!(ear.lines().len(), before, "flushing ends no line");
}

/// A server that lost its disk, or turned replica, takes no writes: what is forgotten there would not be.
#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_turns_replica_is_no_line() {
    let redis = Redis::launch().await.unwrap();
    let (signals, ear) = line(&redis).await;
    redis.command(&["REPLICAOF", "127.0.0.1", "1"]).await.unwrap();
    ear.until_line(NOTICED, false).await;
    redis.command(&["REPLICAOF", "NO", "ONE"]).await.unwrap();
    hears_again(&signals, &ear).await;
}

/// Sentinels tell the former master seconds later than everybody else. Until then it takes writes, and answers, but
/// whoever sends does so elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_former_master_is_no_line() {
    let group = RedisSentinel::launch(1).await.unwrap();
    let sentinels = group.addresses().iter().map(|address| endpoint(address)).collect();
    let topology = Topology::Sentinel { sentinels, master: group.master_name().into() };
    let config = RedisConfig { topology, username: None, password: None, database: 0, tls: None };
    let signals = RedisSignals::new(RedisStore::new(&config, "test", Handle::current()).unwrap());
    let ear = Arc::new(Ear::default());
    signals.listen(ear.clone());
    ear.until_line(BACK, true).await;

    let primary = group.primary().port();
    timeout(BACK, async {
        // A Sentinel that has only just met the replica does not trust it yet.
        while group.sentinels()[0].command(&["SENTINEL", "FAILOVER", group.master_name()]).await.is_err() {
            sleep(Duration::from_millis(100)).await;
        }
        while group.master_port().await.unwrap() == Some(primary) {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    sleep(Duration::from_secs(2)).await; // so long it may take until the move is noticed

    let start = Instant::now();
    for number in 0.. {
        if start.elapsed() > Duration::from_secs(5) {
            break;
        }
        let signal = Signal::UserChanged(UserId(number));
        let was_up = ear.lines().last() == Some(&true);
        if signals.send(std::slice::from_ref(&signal)).await.is_ok() && was_up {
            ear.until(NOTICED, "heard, or the line down", |ear| {
                ear.lines().last() == Some(&false) || ear.heard.lock().unwrap().contains(&signal)
            })
            .await;
        }
        sleep(Duration::from_millis(50)).await;
    }
    hears_again(&signals, &ear).await;
}

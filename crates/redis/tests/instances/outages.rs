//! The line notices within a second that it may have lost something, and comes back by itself.

use crate::world::Servers;
use evently_auth_domain::account::UserId;
use evently_auth_domain::ports::{Signal, SignalListener, Signals};
use evently_auth_redis::RedisSignals;
use evently_auth_services::Redis;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::time::sleep;

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

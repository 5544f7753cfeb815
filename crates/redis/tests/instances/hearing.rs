//! Sending ends when everybody has heard it: the slow are waited for, one that keeps silent is not for long.

use crate::world::{Servers, prefix};
use evently_auth_domain::account::UserId;
use evently_auth_domain::ports::{Signal, SignalListener, Signals};
use evently_auth_redis::RedisSignals;
use redis::aio::MultiplexedConnection;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::{self, Runtime};
use tokio::time::sleep;

/// What a slow one takes.
const SLOW: Duration = Duration::from_millis(50);

/// What a busy machine may add.
const SLACK: Duration = Duration::from_millis(400);

/// Knows the latest account of which it heard, after its time.
#[derive(Default)]
struct Ear {
    pace: Duration,
    heard: AtomicI64,
    is_up: AtomicBool,
}

impl SignalListener for Ear {
    fn heard(&self, signal: &Signal) {
        std::thread::sleep(self.pace);
        if let Signal::UserChanged(UserId(id)) = signal {
            self.heard.store(*id, Ordering::SeqCst);
        }
    }

    fn line_changed(&self, is_up: bool) {
        self.is_up.store(is_up, Ordering::SeqCst);
    }
}

/// An instance in a process of its own, as far as a test can have that.
struct Elsewhere {
    ear: Arc<Ear>,
    runtime: Option<Runtime>,
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        self.runtime.take().into_iter().for_each(Runtime::shutdown_background);
    }
}

impl Elsewhere {
    async fn new(servers: &Servers, prefix: &str, pace: Duration) -> Self {
        let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (servers, prefix, ear) =
            (servers.clone(), prefix.to_owned(), Arc::new(Ear { pace, ..Ear::default() }));
        let listener = ear.clone();
        runtime.spawn(async move {
            let signals = RedisSignals::new(servers.store(&prefix));
            signals.listen(listener);
            std::future::pending::<()>().await;
        });
        until_up(&ear).await;
        Self { ear, runtime: Some(runtime) }
    }
}

async fn until_up(ear: &Ear) {
    let start = Instant::now();
    while !ear.is_up.load(Ordering::SeqCst) {
        assert!(start.elapsed() < Duration::from_secs(15), "the line never came up");
        sleep(Duration::from_millis(5)).await;
    }
}

async fn sender(servers: &Servers, prefix: &str) -> RedisSignals {
    let (signals, ear) = (RedisSignals::new(servers.store(prefix)), Arc::new(Ear::default()));
    signals.listen(ear.clone());
    until_up(&ear).await;
    signals
}

/// Somebody who listens and never says that anything was heard.
async fn silent(servers: &Servers, prefix: &str) -> MultiplexedConnection {
    for mut connection in servers.resp3_connections().await {
        let channel = format!("{prefix}:signals:{{sessions}}");
        let subscribing = redis::cmd("SSUBSCRIBE").arg(channel).query_async::<()>(&mut connection).await;
        if subscribing.is_ok() {
            return connection;
        }
    }
    panic!("no node has the channel");
}

async fn time(signals: &RedisSignals, id: i64) -> Duration {
    let start = Instant::now();
    signals.send(&[Signal::UserChanged(UserId(id))]).await.unwrap();
    start.elapsed()
}

async fn the_slow_are_waited_for(servers: Servers) {
    let prefix = prefix();
    let signals = sender(&servers, &prefix).await;
    let slow = Elsewhere::new(&servers, &prefix, SLOW).await;
    let quick = Elsewhere::new(&servers, &prefix, Duration::ZERO).await;
    for id in 1..=5 {
        assert!(time(&signals, id).await >= SLOW);
        assert_eq!(slow.ear.heard.load(Ordering::SeqCst), id);
        assert_eq!(quick.ear.heard.load(Ordering::SeqCst), id);
    }
    let start = Instant::now();
    signals.tell(&[Signal::UserChanged(UserId(6))]).await.unwrap();
    assert!(start.elapsed() < SLOW, "who only tells does not wait: {:?}", start.elapsed());
}

async fn the_silent_are_waited_for_once(servers: Servers) {
    let prefix = prefix();
    let signals = sender(&servers, &prefix).await;
    let other = Elsewhere::new(&servers, &prefix, Duration::ZERO).await;
    let quick = time(&signals, 1).await;
    assert!(quick < SLACK, "{quick:?}");

    let silent = silent(&servers, &prefix).await;
    let first = time(&signals, 2).await;
    assert!((Duration::from_millis(500)..Duration::from_millis(500) + SLACK).contains(&first), "{first:?}");
    for id in 3..6 {
        let next = time(&signals, id).await;
        assert!((Duration::from_millis(50)..SLACK).contains(&next), "{next:?}");
        assert_eq!(other.ear.heard.load(Ordering::SeqCst), id, "the others are waited for");
    }

    drop(silent);
    sleep(Duration::from_millis(100)).await;
    time(&signals, 6).await;
    let slow = Elsewhere::new(&servers, &prefix, 3 * SLOW).await;
    time(&signals, 7).await;
    assert_eq!(slow.ear.heard.load(Ordering::SeqCst), 7, "waited for as before");
}

/// Whose receipts come too late to be waited for, but show that it is worth the wait.
async fn the_late_are_waited_for_again(servers: Servers) {
    let prefix = prefix();
    let signals = sender(&servers, &prefix).await;
    let late = Elsewhere::new(&servers, &prefix, Duration::from_millis(600)).await;
    assert!(time(&signals, 1).await < Duration::from_millis(500) + SLACK);
    assert_eq!(late.ear.heard.load(Ordering::SeqCst), 0);
    sleep(Duration::from_millis(300)).await;
    assert_eq!(late.ear.heard.load(Ordering::SeqCst), 1);
    assert!(time(&signals, 2).await >= Duration::from_millis(500));
}

/// Only a line that is up hears receipts.
async fn without_a_line_nobody_is_waited_for(servers: Servers) {
    let prefix = prefix();
    let _silent = silent(&servers, &prefix).await;
    let signals = RedisSignals::new(servers.store(&prefix));
    let start = Instant::now();
    signals.send(&[Signal::UserChanged(UserId(1))]).await.unwrap();
    assert!(start.elapsed() < SLACK, "{:?}", start.elapsed());
}

macro_rules! on_both {
    ($($test:ident)*) => {
        mod on_one_server {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(super::Servers::single()).await;
            })*
        }
        mod on_a_cluster {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(super::Servers::cluster()).await;
            })*
        }
    };
}

on_both! {
    the_slow_are_waited_for
    the_silent_are_waited_for_once
    the_late_are_waited_for_again
    without_a_line_nobody_is_waited_for
}

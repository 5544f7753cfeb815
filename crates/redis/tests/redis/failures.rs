//! One server that is away in every way there is.

use crate::world::{RIGHT, WRONG, World, single};
use evently_auth_domain::account::UserId;
use evently_auth_domain::code::{CodeCheck, CodeSlot, StoredCode};
use evently_auth_domain::ports::Codes;
use evently_auth_services::Redis;
use std::thread;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::sleep;

const SLOT: CodeSlot = CodeSlot([3; 32]);

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_yet_is_found_when_it_comes() {
    let redis = Redis::launch().await.unwrap();
    redis.stop().await.unwrap();
    let world = World::new(&single(&redis));
    world.expect_away().await;
    redis.start().await.unwrap();
    world.expect_back().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped() {
    let redis = Redis::launch().await.unwrap();
    let world = World::new(&single(&redis));
    world.use_all().await.unwrap();
    redis.stop().await.unwrap();
    world.expect_away().await;
    redis.start().await.unwrap();
    world.expect_back().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed() {
    let redis = Redis::options().persistent(true).launch().await.unwrap();
    let world = World::new(&single(&redis));
    world.use_all().await.unwrap();
    world.codes.put(SLOT, Some(StoredCode { mac: RIGHT, subject: UserId(1), note: None })).await.unwrap();
    redis.kill().await.unwrap();
    world.expect_away().await;
    redis.start().await.unwrap();
    world.expect_back().await;
    let check = world.codes.check(SLOT, RIGHT).await.unwrap();
    assert!(matches!(check, CodeCheck::Accepted(_)), "{check:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn frozen() {
    let redis = Redis::launch().await.unwrap();
    let world = World::new(&single(&redis));
    world.use_all().await.unwrap();
    redis.freeze().unwrap();
    world.expect_away().await;
    redis.thaw().unwrap();
    world.expect_back().await;
}

/// It answers, but takes no writes: whoever calls is told so, and does not wait for it.
#[tokio::test(flavor = "multi_thread")]
async fn made_a_replica() {
    let redis = Redis::launch().await.unwrap();
    let world = World::new(&single(&redis));
    world.use_all().await.unwrap();
    redis.command(&["REPLICAOF", "127.0.0.1", "1"]).await.unwrap();
    world.expect_away().await;
    redis.command(&["REPLICAOF", "NO", "ONE"]).await.unwrap();
    world.expect_back().await;
}

/// Nobody called in between, so nobody found out for the next one.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_call_after_a_restart_succeeds() {
    let redis = Redis::launch().await.unwrap();
    let world = World::new(&single(&redis));
    world.use_all().await.unwrap();
    redis.restart().await.unwrap();
    sleep(Duration::from_secs(1)).await;
    world.use_all().await.unwrap();
}

/// A silent server is noticed by itself: the next caller waits for nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_server_is_noticed_while_nobody_calls() {
    let redis = Redis::launch().await.unwrap();
    let world = World::new(&single(&redis));
    world.use_all().await.unwrap();
    redis.freeze().unwrap();
    sleep(Duration::from_secs(4)).await;
    let start = Instant::now();
    assert!(world.use_all().await.is_err());
    assert!(start.elapsed() < Duration::from_millis(200), "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_in_front_of_a_frozen_server_is_sent_away_in_time() {
    let redis = Redis::launch().await.unwrap();
    let world = World::new(&single(&redis));
    world.use_all().await.unwrap();
    redis.freeze().unwrap();
    let start = Instant::now();
    let mut crowd = JoinSet::new();
    for number in 0..500_u32 {
        let codes = world.codes.clone();
        crowd.spawn(async move {
            sleep(Duration::from_millis(u64::from(number))).await;
            codes.check(SLOT, WRONG).await
        });
    }
    while let Some(result) = crowd.join_next().await {
        assert!(result.unwrap().is_err());
    }
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    redis.thaw().unwrap();
    world.expect_back().await;
}

/// The answer is lost, so nobody knows whether it was counted; it is not counted twice.
#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_whose_answer_was_lost_is_counted_once_at_most() {
    let redis = Redis::launch().await.unwrap();
    let world = World::new(&single(&redis));
    world.codes.put(SLOT, Some(StoredCode { mac: RIGHT, subject: UserId(1), note: None })).await.unwrap();
    redis.freeze().unwrap();
    assert!(world.codes.check(SLOT, WRONG).await.is_err());
    redis.thaw().unwrap();
    world.expect_back().await;
    let CodeCheck::Rejected { remaining } = world.codes.check(SLOT, WRONG).await.unwrap() else {
        panic!("a wrong code was accepted");
    };
    assert!((1..=2).contains(&remaining), "{remaining} attempts are left");
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_everything_breaks_nothing() {
    let redis = Redis::launch().await.unwrap();
    let world = World::new(&single(&redis));
    world.use_all().await.unwrap();
    redis.flush().await.unwrap();
    world.use_all().await.unwrap();
    world.codes.put(SLOT, Some(StoredCode { mac: RIGHT, subject: UserId(1), note: None })).await.unwrap();
    redis.flush().await.unwrap();
    assert_eq!(world.codes.check(SLOT, RIGHT).await.unwrap(), CodeCheck::Rejected { remaining: 2 });
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_survive_a_script_flush() {
    let redis = Redis::launch().await.unwrap();
    let world = World::new(&single(&redis));
    world.use_all().await.unwrap();
    redis.command(&["SCRIPT", "FLUSH"]).await.unwrap();
    world.use_all().await.unwrap();
}

/// Connections belong to the main runtime, not to the worker's whose call came first.
#[tokio::test(flavor = "multi_thread")]
async fn connections_outlive_the_runtime_that_used_them_first() {
    let redis = Redis::launch().await.unwrap();
    let world = World::new(&single(&redis));
    let codes = world.codes.clone();
    let worker = thread::spawn(move || {
        let worker = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        worker.block_on(codes.put(SLOT, None)).unwrap();
    });
    tokio::task::spawn_blocking(move || worker.join().unwrap()).await.unwrap();
    world.use_all().await.unwrap();
    let clients = redis.command(&["INFO", "stats"]).await.unwrap();
    let opened = clients.text().lines().find_map(|line| line.strip_prefix("total_connections_received:"));
    let before = opened.unwrap().to_owned();
    world.use_all().await.unwrap();
    let clients = redis.command(&["INFO", "stats"]).await.unwrap();
    let opened = clients.text().lines().find_map(|line| line.strip_prefix("total_connections_received:"));
    let after: u32 = opened.unwrap().trim().parse().unwrap();
    assert_eq!(after, before.trim().parse::<u32>().unwrap() + 1, "only the question itself was a new one");
}

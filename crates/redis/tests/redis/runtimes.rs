//! A server has a runtime for each of its threads, beside the main one: each has a connection of its own while it calls.

use crate::world::{World, single};
use evently_auth_services::Redis;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

async fn world(redis: &Redis) -> Arc<World> {
    let world = Arc::new(World::new(&single(redis)));
    world.use_all().await.unwrap();
    world
}

/// What `act` does, done on `runtime`.
async fn on<F: Future<Output = ()> + Send + 'static>(
    runtime: &Runtime,
    world: &Arc<World>,
    act: impl FnOnce(Arc<World>) -> F + Send + 'static,
) {
    runtime.spawn(act(world.clone())).await.unwrap();
}

async fn ask(runtime: &Runtime, world: &Arc<World>) {
    on(runtime, world, async |world| world.use_all().await.unwrap()).await;
}

/// The connections of the crate, which speaks RESP3, by their numbers; those of the main runtime first.
async fn connections(redis: &Redis) -> Vec<String> {
    let list = redis.command(&["CLIENT", "LIST"]).await.unwrap();
    let ours = list.text().lines().filter(|line| line.split(' ').any(|word| word == "resp=3"));
    ours.map(|line| line.split([' ', '=']).nth(1).unwrap().to_owned()).collect()
}

async fn expect(redis: &Redis, number: usize) {
    let start = Instant::now();
    while connections(redis).await.len() != number {
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "{:?} instead of {number}",
            connections(redis).await
        );
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_keeps_to_a_connection_of_its_own() {
    let redis = Redis::launch().await.unwrap();
    let (world, runtimes) = (world(&redis).await, [runtime(), runtime()]);
    assert_eq!(connections(&redis).await.len(), 1);
    for (number, runtime) in runtimes.iter().enumerate() {
        ask(runtime, &world).await;
        expect(&redis, 2 + number).await;
    }
    let opened = connections(&redis).await;
    for runtime in &runtimes {
        ask(runtime, &world).await;
    }
    world.use_all().await.unwrap();
    assert_eq!(connections(&redis).await, opened);
    runtimes.into_iter().for_each(Runtime::shutdown_background);
}

/// As a server does that closes what is idle. Nobody notices, and what others use stays.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_closed_is_opened_again() {
    let redis = Redis::launch().await.unwrap();
    let (world, runtime) = (world(&redis).await, runtime());
    for _ in 0..3 {
        ask(&runtime, &world).await;
        expect(&redis, 2).await;
        let opened = connections(&redis).await;
        redis.command(&["CLIENT", "KILL", "ID", &opened[1]]).await.unwrap();
        expect(&redis, 1).await;
        sleep(Duration::from_millis(100)).await;
        assert_eq!(connections(&redis).await, opened[..1]);
    }
    runtime.shutdown_background();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_ends_with_its_runtime() {
    let redis = Redis::launch().await.unwrap();
    let (world, first, second) = (world(&redis).await, runtime(), runtime());
    ask(&first, &world).await;
    expect(&redis, 2).await;
    ask(&second, &world).await;
    expect(&redis, 3).await;
    tokio::task::spawn_blocking(move || drop(first)).await.unwrap();
    expect(&redis, 2).await;
    for _ in 0..3 {
        ask(&second, &world).await;
        world.use_all().await.unwrap();
    }
    assert_eq!(connections(&redis).await.len(), 2);
    second.shutdown_background();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_another_cannot_be_had_the_first_serves() {
    let redis = Redis::launch().await.unwrap();
    let (world, runtime) = (world(&redis).await, runtime());
    redis.command(&["CONFIG", "SET", "maxclients", "1"]).await.unwrap();
    assert!(redis.command(&["PING"]).await.is_err(), "there is room for one alone");
    for _ in 0..5 {
        ask(&runtime, &world).await;
    }
    runtime.shutdown_background();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_server_is_noticed_by_all() {
    let redis = Redis::launch().await.unwrap();
    let (world, runtime) = (world(&redis).await, runtime());
    ask(&runtime, &world).await;
    expect(&redis, 2).await;
    redis.stop().await.unwrap();
    on(&runtime, &world, async |world| world.expect_away().await).await;
    redis.start().await.unwrap();
    on(&runtime, &world, async |world| world.expect_back().await).await;
    expect(&redis, 2).await;
    runtime.shutdown_background();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_server_is_noticed_by_all() {
    let redis = Redis::launch().await.unwrap();
    let (world, runtime) = (world(&redis).await, runtime());
    ask(&runtime, &world).await;
    expect(&redis, 2).await;
    redis.freeze().unwrap();
    on(&runtime, &world, async |world| world.expect_away().await).await;
    redis.thaw().unwrap();
    on(&runtime, &world, async |world| world.expect_back().await).await;
    runtime.shutdown_background();
}

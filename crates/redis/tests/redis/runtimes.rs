//! A server has a runtime for each of its threads, beside the main one: each has a connection of its own while it calls.

use crate::world::{World, endpoint, plain, single};
use evently_auth_redis::Topology;
use evently_auth_services::{Redis, RedisCluster};
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
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

/// The connections of the crate, which speaks RESP3, by their numbers, with the last command; that of the main runtime
/// comes first.
async fn connections(redis: &Redis) -> Vec<(String, String)> {
    let list = redis.command(&["CLIENT", "LIST"]).await.unwrap();
    let ours = list.text().lines().filter(|line| line.split(' ').any(|word| word == "resp=3"));
    let word =
        |line: &str, name: &str| line.split(' ').find_map(|word| word.strip_prefix(name)).unwrap().to_owned();
    ours.map(|line| (word(line, "id="), word(line, "cmd="))).collect()
}

async fn ids(redis: &Redis) -> Vec<String> {
    connections(redis).await.into_iter().map(|(id, _)| id).collect()
}

async fn expect(redis: &Redis, number: usize) {
    expect_within(redis, number, Duration::from_secs(5)).await;
}

async fn expect_within(redis: &Redis, number: usize, bound: Duration) {
    let start = Instant::now();
    while ids(redis).await.len() != number {
        assert!(start.elapsed() < bound, "{:?} instead of {number}", connections(redis).await);
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_keeps_to_a_connection_of_its_own() {
    let redis = Redis::launch().await.unwrap();
    let (world, runtimes) = (world(&redis).await, [runtime(), runtime()]);
    assert_eq!(ids(&redis).await.len(), 1);
    for (number, runtime) in runtimes.iter().enumerate() {
        ask(runtime, &world).await;
        expect(&redis, 2 + number).await;
    }
    let opened = ids(&redis).await;
    for (number, runtime) in runtimes.iter().enumerate() {
        ask(runtime, &world).await;
        assert_eq!(connections(&redis).await[1 + number].1, "evalsha", "it goes by its own");
    }
    world.use_all().await.unwrap();
    assert_eq!(ids(&redis).await, opened);
    runtimes.into_iter().for_each(Runtime::shutdown_background);
}

/// As a server does that closes what is idle. Nobody notices, what others use stays, and there is no hurry about another.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_closed_is_opened_again() {
    let redis = Redis::launch().await.unwrap();
    let (world, runtime) = (world(&redis).await, runtime());
    ask(&runtime, &world).await;
    expect(&redis, 2).await;
    let opened = ids(&redis).await;
    redis.command(&["CLIENT", "KILL", "ID", &opened[1]]).await.unwrap();
    expect(&redis, 1).await;
    sleep(Duration::from_millis(100)).await;
    for _ in 0..5 {
        ask(&runtime, &world).await;
    }
    assert_eq!(ids(&redis).await, opened[..1]);
    let start = Instant::now();
    while ids(&redis).await.len() < 2 {
        assert!(start.elapsed() < Duration::from_secs(15));
        ask(&runtime, &world).await;
        sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(ids(&redis).await[0], opened[0]);
    runtime.shutdown_background();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_nobody_uses_is_closed() {
    let redis = Redis::launch().await.unwrap();
    let (world, runtime) = (world(&redis).await, runtime());
    ask(&runtime, &world).await;
    expect(&redis, 2).await;
    let opened = ids(&redis).await;
    for _ in 0..24 {
        ask(&runtime, &world).await;
        sleep(Duration::from_millis(500)).await;
        assert_eq!(ids(&redis).await, opened, "it is in use");
    }
    expect_within(&redis, 1, Duration::from_secs(25)).await;
    assert_eq!(ids(&redis).await, opened[..1]);
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
    assert_eq!(ids(&redis).await.len(), 2);
    second.shutdown_background();
}

/// And nobody tries again and again.
#[tokio::test(flavor = "multi_thread")]
async fn where_another_cannot_be_had_the_first_serves() {
    let redis = Redis::launch().await.unwrap();
    let (world, runtime) = (world(&redis).await, runtime());
    let mut operator = BufReader::new(TcpStream::connect(redis.address()).await.unwrap());
    operator.write_all(b"CONFIG SET maxclients 2\r\n").await.unwrap();
    assert_eq!(line(&mut operator, "").await, "+OK");
    for _ in 0..5 {
        ask(&runtime, &world).await;
    }
    sleep(Duration::from_millis(500)).await;
    operator.write_all(b"INFO stats\r\n").await.unwrap();
    assert_eq!(line(&mut operator, "rejected_connections").await, "rejected_connections:1");
    runtime.shutdown_background();
}

/// The next line of an answer that begins so.
async fn line(operator: &mut BufReader<TcpStream>, beginning: &str) -> String {
    loop {
        let mut line = String::new();
        assert!(operator.read_line(&mut line).await.unwrap() > 0, "the operator was cut off");
        if line.starts_with(beginning) {
            return line.trim_end().to_owned();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_node_of_a_cluster_is_reached_so() {
    let cluster = RedisCluster::launch().await.unwrap();
    let nodes = cluster.addresses().iter().map(|address| endpoint(address)).collect();
    let (world, runtime) = (Arc::new(World::new(&plain(Topology::Cluster(nodes)))), runtime());
    for _ in 0..3 {
        ask(&runtime, &world).await;
        sleep(Duration::from_millis(200)).await;
    }
    let mut near = 0;
    for node in cluster.nodes() {
        near += connections(node).await.len() - 1;
    }
    assert!((1..=cluster.nodes().len()).contains(&near), "{near}");
    runtime.shutdown_background();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_server_is_noticed_by_all() {
    let stop = async |redis: &Redis| redis.stop().await.unwrap();
    is_noticed_by_all(stop, async |redis| redis.start().await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_server_is_noticed_by_all() {
    is_noticed_by_all(async |redis| redis.freeze().unwrap(), async |redis| redis.thaw().unwrap()).await;
}

async fn is_noticed_by_all(leave: impl AsyncFn(&Redis), come_back: impl AsyncFn(&Redis)) {
    let redis = Redis::launch().await.unwrap();
    let (world, runtime) = (world(&redis).await, runtime());
    ask(&runtime, &world).await;
    expect(&redis, 2).await;
    leave(&redis).await;
    on(&runtime, &world, async |world| world.expect_away().await).await;
    come_back(&redis).await;
    on(&runtime, &world, async |world| world.expect_back().await).await;
    expect(&redis, 2).await;
    runtime.shutdown_background();
}

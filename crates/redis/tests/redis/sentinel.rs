//! Sentinels that make the replica master.

use crate::world::{World, endpoint, number, plain};
use evently_auth_redis::{RedisConfig, Topology};
use evently_auth_services::{RedisOptions, RedisSentinel};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// The master counts as away after one second; choosing and telling takes Sentinels a few more.
const FAILOVER: Duration = Duration::from_secs(20);

fn config(group: &RedisSentinel) -> RedisConfig {
    let sentinels = group.addresses().iter().map(|address| endpoint(address)).collect();
    plain(Topology::Sentinel { sentinels, master: group.master_name().into() })
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_go_to_the_new_master_when_the_old_one_was_killed() {
    let group = RedisSentinel::launch(1).await.unwrap();
    let world = World::new(&config(&group));
    world.use_all().await.unwrap();
    group.primary().kill().await.unwrap();
    assert!(world.use_all().await.is_err());
    world.expect_back_within(FAILOVER).await;
    assert_ne!(number(group.replica(), &["DBSIZE"]).await, 0, "the replica has become master");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_go_to_the_new_master_when_the_old_one_froze() {
    let group = RedisSentinel::launch(1).await.unwrap();
    let world = World::new(&config(&group));
    world.use_all().await.unwrap();
    group.primary().freeze().unwrap();
    assert!(world.use_all().await.is_err());
    world.expect_back_within(FAILOVER).await;
    // What was master comes back as a replica, and nobody writes there.
    group.primary().thaw().unwrap();
    sleep(Duration::from_secs(2)).await;
    world.use_all().await.unwrap();
}

/// The old master lives on, and answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_was_made_a_replica_is_left() {
    let group = RedisSentinel::launch(1).await.unwrap();
    let world = World::new(&config(&group));
    world.use_all().await.unwrap();
    let primary = group.primary().port();
    // A Sentinel that has only just met the replica does not trust it yet.
    let sentinel = &group.sentinels()[0];
    timeout(FAILOVER, async {
        while sentinel.command(&["SENTINEL", "FAILOVER", group.master_name()]).await.is_err() {
            sleep(Duration::from_millis(100)).await;
        }
        while group.master_port().await.unwrap() == Some(primary) {
            sleep(Duration::from_millis(100)).await;
        }
    })
    .await
    .unwrap();
    // The old one takes writes until it is told, and loses them then.
    sleep(Duration::from_secs(3)).await;
    world.expect_back_within(FAILOVER).await;
    assert_ne!(number(group.replica(), &["DBSIZE"]).await, 0, "the replica has become master");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_has_a_password_and_the_sentinel_has_none() {
    let options = RedisOptions::default().password("s3cret");
    let group = RedisSentinel::launch_with(1, options).await.unwrap();
    let world = World::new(&RedisConfig { password: Some("s3cret".into()), ..config(&group) });
    world.use_all().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sentinel_of_several_is_enough() {
    let group = RedisSentinel::launch(3).await.unwrap();
    let world = World::new(&config(&group));
    world.use_all().await.unwrap();
    group.sentinels()[0].kill().await.unwrap();
    group.sentinels()[1].freeze().unwrap();
    let another = World::new(&config(&group));
    another.use_all().await.unwrap();
    world.use_all().await.unwrap();
}

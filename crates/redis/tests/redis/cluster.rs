//! A cluster: nodes that are away, and slots that move.

use crate::world::{RIGHT, WRONG, World, endpoint, number, plain};
use evently_auth_contract::given::sid;
use evently_auth_domain::account::UserId;
use evently_auth_domain::code::{CodeCheck, CodeSlot, StoredCode};
use evently_auth_domain::ports::{Codes, SessionCache, Signal};
use evently_auth_domain::session_seal::SessionSealKey;
use evently_auth_redis::{InvalidRedisConfig, RedisConfig, RedisSessionCache, RedisStore, Topology};
use evently_auth_services::{Redis, RedisCluster, RedisOptions};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};

/// A cluster needs a moment itself to agree that it is complete again: twice the time after which a node counts as away.
const RECOVERY: Duration = Duration::from_secs(20);

fn config(cluster: &RedisCluster) -> RedisConfig {
    plain(Topology::Cluster(cluster.addresses().iter().map(|address| endpoint(address)).collect()))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_node_is_enough_to_find_the_others() {
    let cluster = RedisCluster::launch().await.unwrap();
    let world = World::new(&plain(Topology::Cluster(vec![endpoint(&cluster.addresses()[1])])));
    world.use_all().await.unwrap();
    for number in 0..=255 {
        world.codes.put(CodeSlot([number; 32]), None).await.unwrap();
    }
}

/// It still knows who served which slot before it lost sight of the others.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_without_its_cluster_is_not_believed() {
    let (cluster, lost) = tokio::try_join!(RedisCluster::launch(), RedisCluster::launch()).unwrap();
    let alone = &lost.nodes()[0];
    lost.nodes()[1].kill().await.unwrap();
    lost.nodes()[2].kill().await.unwrap();
    timeout(RECOVERY, async {
        while alone.command(&["CLUSTER", "INFO"]).await.unwrap().text().contains("cluster_state:ok") {
            sleep(Duration::from_millis(100)).await;
        }
    })
    .await
    .unwrap();
    let nodes = vec![endpoint(&alone.address()), endpoint(&cluster.addresses()[0])];
    for _ in 0..20 {
        World::new(&plain(Topology::Cluster(nodes.clone()))).use_all().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_node_killed() {
    let cluster = RedisCluster::launch_with(RedisOptions::default().persistent(true)).await.unwrap();
    let world = World::new(&config(&cluster));
    world.use_all().await.unwrap();
    cluster.nodes()[1].kill().await.unwrap();
    // Even what other nodes serve: a cluster that lacks slots counts as away.
    sleep(Duration::from_millis(500)).await;
    world.expect_away().await;
    cluster.start().await.unwrap();
    world.expect_back_within(RECOVERY).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_node_frozen() {
    let cluster = RedisCluster::launch().await.unwrap();
    let world = World::new(&config(&cluster));
    world.use_all().await.unwrap();
    cluster.nodes()[2].freeze().unwrap();
    sleep(Duration::from_secs(2)).await;
    world.expect_away().await;
    cluster.nodes()[2].thaw().unwrap();
    world.expect_back_within(RECOVERY).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_node_restarted_and_flushed() {
    let cluster = RedisCluster::launch().await.unwrap();
    let world = World::new(&config(&cluster));
    world.use_all().await.unwrap();
    cluster.stop().await.unwrap();
    world.expect_away().await;
    cluster.start().await.unwrap();
    world.expect_back_within(RECOVERY).await;
    cluster.flush().await.unwrap();
    world.use_all().await.unwrap();
}

/// While a slot moves, new keys are on the one node and old ones on the other; afterwards all are on the other.
#[tokio::test(flavor = "multi_thread")]
async fn slots_may_move_while_they_are_used() {
    let cluster = RedisCluster::launch().await.unwrap();
    let world = World::new(&config(&cluster));
    let slot = CodeSlot([9; 32]);
    let (moving, to) = begin_to_move(&cluster, &"09".repeat(32)).await;
    let to_id = id(to).await;
    world.codes.put(slot, Some(StoredCode { mac: RIGHT, subject: UserId(5), note: None })).await.unwrap();
    assert_eq!(world.codes.check(slot, WRONG).await.unwrap(), CodeCheck::Rejected { remaining: 2 });
    assert_eq!(
        number(to, &["CLUSTER", "COUNTKEYSINSLOT", &moving]).await,
        1,
        "the key is where its slot goes"
    );

    for node in cluster.nodes() {
        node.command(&["CLUSTER", "SETSLOT", &moving, "NODE", &to_id]).await.unwrap();
    }
    assert_eq!(world.codes.check(slot, WRONG).await.unwrap(), CodeCheck::Rejected { remaining: 1 });
    assert!(matches!(world.codes.check(slot, RIGHT).await.unwrap(), CodeCheck::Accepted(_)));
    world.use_all().await.unwrap();
}

/// A mark that is new is on the other node.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_shared_is_forgotten_while_its_slot_moves() {
    let cluster = RedisCluster::launch().await.unwrap();
    let world = World::new(&config(&cluster));
    world.use_all().await.unwrap();
    let (moving, to) = begin_to_move(&cluster, "sessions").await;
    let cache = RedisSessionCache::new(world.store.clone(), SessionSealKey::new([1; 32]));
    cache.forget(&[Signal::UserChanged(UserId(1)), Signal::SessionChanged(sid(1))]).await.unwrap();
    assert_eq!(number(to, &["CLUSTER", "COUNTKEYSINSLOT", &moving]).await, 1);
}

/// Its master no longer takes new keys of the slot of `tag`, and the node that does: the slot and that node.
async fn begin_to_move<'a>(cluster: &'a RedisCluster, tag: &str) -> (String, &'a Redis) {
    let nodes = cluster.nodes();
    let moving = number(&nodes[0], &["CLUSTER", "KEYSLOT", tag]).await;
    let owner = usize::from(moving > 5_460) + usize::from(moving > 10_922);
    let moving = moving.to_string();
    let (from, to) = (&nodes[owner], &nodes[(owner + 1) % 3]);
    to.command(&["CLUSTER", "SETSLOT", &moving, "IMPORTING", &id(from).await]).await.unwrap();
    from.command(&["CLUSTER", "SETSLOT", &moving, "MIGRATING", &id(to).await]).await.unwrap();
    (moving, to)
}

async fn id(node: &Redis) -> String {
    node.command(&["CLUSTER", "MYID"]).await.unwrap().text().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_has_one_database() {
    let nodes = vec![endpoint("127.0.0.1:1")];
    let config = RedisConfig { database: 1, ..plain(Topology::Cluster(nodes)) };
    let refused = RedisStore::new(&config, "test", Handle::current());
    assert!(matches!(refused, Err(InvalidRedisConfig::Database(1))));
}

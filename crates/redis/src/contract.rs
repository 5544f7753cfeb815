//! Every clause of the ports, over one server and over a cluster, each under a prefix of its own.
//!
//! They live inside the crate because ten minutes are let pass by shifting the clock of the scripts, which nobody
//! outside can do.

#![allow(clippy::disallowed_methods, reason = "where the servers are is told by the environment")]

use crate::{Endpoint, RedisCodes, RedisConfig, RedisRateLimits, RedisStore, Topology};
use evently_auth_contract::{Advance, CodesHarness, LimitsHarness, ProbeHarness};
use std::net::TcpListener;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::runtime::Handle;

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run the tests by `cargo xtask test`"))
}

fn endpoint(address: &str) -> Endpoint {
    let (host, port) = address.rsplit_once(':').expect("host:port");
    Endpoint { host: host.to_owned(), port: port.parse().expect("a port") }
}

/// `TEST_REDIS_URL`, as `redis://host:port` with or without a database.
pub(crate) fn single() -> RedisConfig {
    let url = variable("TEST_REDIS_URL");
    let rest = url.strip_prefix("redis://").expect("TEST_REDIS_URL begins with redis://");
    let (address, database) = rest.split_once('/').unwrap_or((rest, ""));
    let database = database.parse().unwrap_or_default();
    let topology = Topology::Single(endpoint(address));
    RedisConfig { topology, username: None, password: None, database, tls: None }
}

/// `TEST_REDIS_CLUSTER_NODES`, as `host:port,host:port`.
fn cluster() -> RedisConfig {
    let nodes = variable("TEST_REDIS_CLUSTER_NODES").split(',').map(endpoint).collect();
    let topology = Topology::Cluster(nodes);
    RedisConfig { topology, username: None, password: None, database: 0, tls: None }
}

pub(crate) fn store(config: &RedisConfig) -> RedisStore {
    static STORES: AtomicU32 = AtomicU32::new(0);
    let number = STORES.fetch_add(1, Ordering::Relaxed);
    // The time tells a process from an earlier one with the same number.
    let since = std::time::UNIX_EPOCH.elapsed().expect("a clock").as_micros();
    let prefix = format!("test-{}-{since}-{number}", process::id());
    RedisStore::new(config, &prefix, Handle::current()).expect("a valid configuration")
}

fn advance(store: &RedisStore) -> Advance {
    let store = store.clone();
    Box::new(move |delta| {
        store.advance(delta.num_microseconds().expect("a time that can be counted"));
        Box::pin(async {})
    })
}

fn codes(config: &RedisConfig) -> CodesHarness {
    let store = store(config);
    let advance = advance(&store);
    CodesHarness { codes: Arc::new(RedisCodes::new(store)), advance, keep: Box::new(()) }
}

fn rate_limits(config: &RedisConfig) -> LimitsHarness {
    let store = store(config);
    let advance = advance(&store);
    LimitsHarness { rate_limits: Arc::new(RedisRateLimits::new(store)), advance, keep: Box::new(()) }
}

/// Away is a server that accepts connections and says nothing.
fn probe(config: &RedisConfig) -> ProbeHarness {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address =
        Endpoint { host: "127.0.0.1".into(), port: silent.local_addr().expect("its address").port() };
    let topology = match config.topology {
        Topology::Cluster(_) => Topology::Cluster(vec![address]),
        Topology::Single(_) | Topology::Sentinel { .. } => Topology::Single(address),
    };
    let away = RedisConfig { topology, ..config.clone() };
    ProbeHarness { present: Arc::new(store(config)), away: Arc::new(store(&away)), keep: Box::new(silent) }
}

mod on_one_server {
    use super::{codes, probe, rate_limits, single};

    evently_auth_contract::codes!(|| async { codes(&single()) });
    evently_auth_contract::rate_limits!(|| async { rate_limits(&single()) });
    evently_auth_contract::probe!(|| async { probe(&single()) });
}

mod on_a_cluster {
    use super::{cluster, codes, probe, rate_limits};

    evently_auth_contract::codes!(|| async { codes(&cluster()) });
    evently_auth_contract::rate_limits!(|| async { rate_limits(&cluster()) });
    evently_auth_contract::probe!(|| async { probe(&cluster()) });
}

//! Where Redis is, and a way in beside the adapters.

use evently_auth_domain::session_seal::SessionSealKey;
use evently_auth_redis::{Endpoint, RedisConfig, RedisSessionCache, RedisStore, Topology};
use redis::aio::MultiplexedConnection;
use std::time::UNIX_EPOCH;
use tokio::runtime::Handle;

#[expect(clippy::disallowed_methods, reason = "where the servers are is told by the environment")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run the tests by `cargo xtask test`"))
}

pub(crate) fn endpoint(address: &str) -> Endpoint {
    let (host, port) = address.rsplit_once(':').expect("host:port");
    Endpoint { host: host.to_owned(), port: port.parse().expect("a port") }
}

/// The addresses of the servers, each `host:port`, and the database.
#[derive(Clone)]
pub(crate) struct Servers {
    addresses: Vec<String>,
    database: u32,
    is_cluster: bool,
}

impl Servers {
    /// `TEST_REDIS_URL`.
    pub(crate) fn single() -> Self {
        let url = variable("TEST_REDIS_URL");
        let rest = url.strip_prefix("redis://").expect("TEST_REDIS_URL begins with redis://");
        let (address, database) = rest.split_once('/').unwrap_or((rest, ""));
        Self {
            addresses: vec![address.to_owned()],
            database: database.parse().unwrap_or_default(),
            is_cluster: false,
        }
    }

    /// `TEST_REDIS_CLUSTER_NODES`.
    pub(crate) fn cluster() -> Self {
        let addresses = variable("TEST_REDIS_CLUSTER_NODES").split(',').map(str::to_owned).collect();
        Self { addresses, database: 0, is_cluster: true }
    }

    /// One of our own.
    pub(crate) fn own(address: String) -> Self {
        Self { addresses: vec![address], database: 0, is_cluster: false }
    }

    /// An instance whose keys begin with `prefix`.
    pub(crate) fn store(&self, prefix: &str) -> RedisStore {
        let mut endpoints: Vec<_> = self.addresses.iter().map(|address| endpoint(address)).collect();
        let topology = if self.is_cluster {
            Topology::Cluster(endpoints)
        } else {
            Topology::Single(endpoints.remove(0))
        };
        let config =
            RedisConfig { topology, username: None, password: None, database: self.database, tls: None };
        RedisStore::new(&config, prefix, Handle::current()).unwrap()
    }

    /// A shared cache of an instance whose keys begin with `prefix`.
    pub(crate) fn cache(&self, prefix: &str) -> RedisSessionCache {
        RedisSessionCache::new(self.store(prefix), SessionSealKey::new([1; 32]))
    }

    /// A connection to each server.
    pub(crate) async fn connections(&self) -> Vec<MultiplexedConnection> {
        let mut connections = Vec::new();
        for address in &self.addresses {
            let client = redis::Client::open(format!("redis://{address}/{}", self.database)).unwrap();
            connections.push(client.get_multiplexed_async_connection().await.unwrap());
        }
        connections
    }

    /// The same, on which one can listen.
    pub(crate) async fn resp3_connections(&self) -> Vec<MultiplexedConnection> {
        let mut connections = Vec::new();
        for address in &self.addresses {
            let client = redis::Client::open(format!("redis://{address}/?protocol=resp3")).unwrap();
            connections.push(client.get_multiplexed_async_connection().await.unwrap());
        }
        connections
    }

    /// Ends the connections on which signals of this prefix are heard.
    pub(crate) async fn cut_lines(&self, prefix: &str) {
        let name = format!("name={prefix}:signals:");
        for mut connection in self.connections().await {
            let clients: String =
                redis::cmd("CLIENT").arg("LIST").query_async(&mut connection).await.unwrap();
            for client in clients.lines().filter(|client| client.contains(&name)) {
                let id = client.split(' ').find_map(|word| word.strip_prefix("id=")).expect("an id");
                let _: redis::Value = redis::cmd("CLIENT")
                    .arg("KILL")
                    .arg("ID")
                    .arg(id)
                    .query_async(&mut connection)
                    .await
                    .unwrap();
            }
        }
    }

    /// Removes every key of this prefix.
    pub(crate) async fn flush(&self, prefix: &str) {
        for mut connection in self.connections().await {
            let pattern = format!("{prefix}:*");
            let keys: Vec<String> =
                redis::cmd("KEYS").arg(pattern).query_async(&mut connection).await.unwrap();
            for key in keys {
                let _: () = redis::cmd("DEL").arg(key).query_async(&mut connection).await.unwrap();
            }
        }
    }
}

/// A prefix that nobody else has.
#[expect(clippy::disallowed_methods, reason = "the time tells a process from an earlier one")]
pub(crate) fn prefix() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static PREFIXES: AtomicU32 = AtomicU32::new(0);
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
    format!("test-{}-{since}-{}", std::process::id(), PREFIXES.fetch_add(1, Ordering::Relaxed))
}

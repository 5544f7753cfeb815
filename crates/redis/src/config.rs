//! Where Redis is, in which of its three shapes, and who we are there.

use std::fmt;

/// Settings of the connection. It has no `Debug`: the password has no way to print itself.
#[derive(Clone)]
pub struct RedisConfig {
    /// Where it is.
    pub topology: Topology,
    /// The ACL user; without one Redis's default user.
    pub username: Option<String>,
    /// The password. Sentinels are asked without it first, and with it when they want one.
    pub password: Option<String>,
    /// The number of the database; a cluster has 0 alone.
    pub database: u32,
    /// `None` for a plain connection.
    pub tls: Option<TlsRoots>,
}

/// Whom an encrypted connection trusts, beside the certificates of the operating system.
#[derive(Clone, Default)]
pub struct TlsRoots {
    /// Certificates of further authorities, in PEM; empty in most houses.
    pub extra_pem: Vec<u8>,
}

/// The shapes of Redis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topology {
    /// One server.
    Single(Endpoint),
    /// A Redis Cluster; some of its nodes.
    Cluster(Vec<Endpoint>),
    /// One server of several, which Sentinels know.
    Sentinel {
        /// The Sentinels.
        sentinels: Vec<Endpoint>,
        /// What they call the master.
        master: String,
    },
}

/// A server's address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Its host name or IP address; an IPv6 address without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// Settings that no Redis could serve.
#[derive(Debug, thiserror::Error)]
pub enum InvalidRedisConfig {
    /// A cluster has one database.
    #[error("a Redis Cluster has no database {0}, only 0")]
    Database(u32),
    /// No address to begin with.
    #[error("no address of Redis is given")]
    NoAddress,
    /// Braces in the prefix would decide where keys live in a cluster.
    #[error("the prefix of the keys must not be empty or contain braces")]
    Prefix,
    /// A certificate could not be read.
    #[error("the certificates for Redis cannot be used: {0}")]
    Certificates(String),
}

//! Redis: where it is, in which of its three shapes, and who we are there.

use crate::error::ConfigError;
use crate::reader::Reader;
use crate::secret::SecretText;
use crate::strength;
use crate::text::{host_name, is_this_machine, percent_decode, plain_text};
use crate::variables as var;
use std::fmt;
use url::{Host, Url};

/// Settings of Redis.
#[derive(Debug, Clone)]
pub struct RedisConfig {
    /// Where it is.
    pub topology: RedisTopology,
    /// The user; without one Redis's default user.
    pub username: Option<String>,
    /// The password.
    pub password: Option<SecretText>,
    /// The number of the database; a cluster has 0 alone.
    pub database: u32,
    /// Whether connections are encrypted, and the certificate verified.
    pub tls: bool,
}

/// The shapes of Redis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedisTopology {
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
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// The port of a Sentinel when none is named.
const SENTINEL_PORT: u16 = 26_379;

impl RedisConfig {
    /// `None` when no variable names a server.
    pub(crate) fn read(reader: &Reader<'_>) -> Result<Option<Self>, ConfigError> {
        let port = reader.number(&var::REDIS_PORT)?;
        let password = reader.secret(&var::REDIS_PASSWORD)?;
        let tls = reader.flag(&var::REDIS_USE_TLS)?;
        let host = reader.optional(&var::REDIS_HOST, host_name)?;
        let nodes = reader.list(&var::REDIS_CLUSTER_NODES, |text| endpoint(text, port))?;
        let sentinels = reader.list(&var::REDIS_SENTINELS, |text| endpoint(text, SENTINEL_PORT))?;
        let master = reader.required(&var::REDIS_SENTINEL_MASTER, plain_text)?;
        let url = reader.checked_secret(&var::REDIS_URL, |text| RedisUrl::parse(text, port))?;

        let topology = match (nodes.is_empty(), sentinels.is_empty()) {
            (false, false) => {
                return Err(reader.refusal(&var::REDIS_SENTINELS, "REDIS_CLUSTER_NODES is set as well"));
            }
            (false, true) => Some(RedisTopology::Cluster(nodes)),
            (true, false) => Some(RedisTopology::Sentinel { sentinels, master }),
            (true, true) => {
                let single = url.as_ref().map(|url| url.endpoint.clone());
                single.or(host.map(|host| Endpoint { host, port })).map(RedisTopology::Single)
            }
        };
        Ok(topology.map(|topology| match url {
            Some(url) => Self {
                topology,
                username: url.username,
                password: url.password.or(password),
                database: url.database,
                tls: url.tls || tls,
            },
            None => Self { topology, username: None, password, database: 0, tls },
        }))
    }
}

impl RedisConfig {
    /// Whether strangers would guess the password at once; on this machine there are none.
    pub(crate) fn check_password(&self, reader: &Reader<'_>) -> Result<(), ConfigError> {
        let nodes = match &self.topology {
            RedisTopology::Single(node) => std::slice::from_ref(node),
            RedisTopology::Cluster(nodes) | RedisTopology::Sentinel { sentinels: nodes, .. } => nodes,
        };
        if nodes.iter().all(|node| is_this_machine(&node.host)) {
            return Ok(());
        }
        strength::check_known(self.password.as_ref(), self.username.as_deref()).map_err(|why| {
            let shared = reader.secret(&var::REDIS_PASSWORD).ok().flatten();
            let is_shared =
                shared.as_ref().map(SecretText::expose) == self.password.as_ref().map(SecretText::expose);
            reader.refusal(if is_shared { &var::REDIS_PASSWORD } else { &var::REDIS_URL }, &why)
        })
    }
}

fn endpoint(text: &str, default_port: u16) -> Option<Endpoint> {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, Some(port.strip_prefix(':')?)),
        None => text.rsplit_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let port = port.map_or(Ok(default_port), str::parse).ok().filter(|port| *port > 0)?;
    // An IPv6 address needs its brackets: `::1:6379` can be read in two ways.
    let host = host_name(host).filter(|host| text.starts_with('[') || !host.contains(':'))?;
    Some(Endpoint { host, port })
}

/// What `REDIS_URL` says.
struct RedisUrl {
    endpoint: Endpoint,
    username: Option<String>,
    password: Option<SecretText>,
    database: u32,
    tls: bool,
}

impl RedisUrl {
    fn parse(text: &str, default_port: u16) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("it is no URL ({error})"))?;
        let tls = match url.scheme() {
            "redis" => false,
            "rediss" => true,
            _ => return Err("its scheme is not `redis` or `rediss`".into()),
        };
        if url.query().is_some() || url.fragment().is_some() {
            return Err("it has parameters".into());
        }
        let host = match url.host() {
            Some(Host::Ipv6(host)) => host.to_string(),
            Some(host) => host.to_string(),
            None => String::new(),
        };
        let database = match url.path().trim_start_matches('/') {
            "" => 0,
            number => number.parse().map_err(|_| "its database is no number")?,
        };
        if url.port() == Some(0) {
            return Err("its port is 0".into());
        }
        Ok(Self {
            endpoint: Endpoint {
                host: host_name(&host).ok_or("it names no host")?,
                port: url.port().unwrap_or(default_port),
            },
            username: Some(percent_decode(url.username())?).filter(|name| !name.is_empty()),
            password: url.password().map(percent_decode).transpose()?.map(SecretText::new),
            database,
            tls,
        })
    }
}

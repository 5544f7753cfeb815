//! A Redis master with a replica, and Sentinels that make the replica master when the master is away.

use super::options::Role;
use super::{Redis, RedisOptions, Reply};
use crate::Error;

const NAME: &str = "mymaster";

/// A master, its replica and their Sentinels, for as long as the value lives. A master that does not answer for a
/// second is replaced.
pub struct RedisSentinel {
    sentinels: Vec<Redis>,
    replica: Redis,
    primary: Redis,
}

impl RedisSentinel {
    /// A master, a replica and `count` Sentinels on free ports of 127.0.0.1. More than half of the Sentinels decide.
    ///
    /// # Errors
    /// When Redis is not installed ([`Error::Missing`]) or they have not found each other within 30 seconds.
    pub async fn launch(count: usize) -> Result<Self, Error> {
        Self::launch_with(count, RedisOptions::default()).await
    }

    /// The same with these options for master and replica; a data folder cannot be shared and is not to be given. TLS
    /// is for the Sentinels too; a password is not.
    ///
    /// # Errors
    /// As [`RedisSentinel::launch`].
    pub async fn launch_with(count: usize, options: RedisOptions) -> Result<Self, Error> {
        let primary = options.clone().launch().await?;
        let replica = options.setting(format!("replicaof 127.0.0.1 {}", primary.port)).launch().await?;
        // Sentinels ask a master for its replicas when they see it first, then every ten seconds.
        let online = |reply: &Reply| reply.text().contains("state=online");
        primary.until_says("followed by its replica", &["INFO", "replication"], online).await?;

        let mut options = RedisOptions::default()
            .role(Role::Sentinel)
            .setting(format!("sentinel monitor {NAME} 127.0.0.1 {} {}", primary.port, count / 2 + 1))
            .setting(format!("sentinel down-after-milliseconds {NAME} 1000"))
            .setting(format!("sentinel failover-timeout {NAME} 3000"));
        if let Some(password) = primary.password() {
            options = options.setting(format!("sentinel auth-pass {NAME} {password}"));
        }
        if let Some(certificates) = primary.certificates() {
            options = options.tls(certificates.clone());
        }
        let mut made = Self { sentinels: Vec::new(), replica, primary };
        for _ in 0..count {
            made.sentinels.push(options.clone().launch().await?);
        }
        made.until_acquainted().await?;
        Ok(made)
    }

    /// Who was master first.
    #[must_use]
    pub fn primary(&self) -> &Redis {
        &self.primary
    }

    /// Who was replica first.
    #[must_use]
    pub fn replica(&self) -> &Redis {
        &self.replica
    }

    /// The Sentinels.
    #[must_use]
    pub fn sentinels(&self) -> &[Redis] {
        &self.sentinels
    }

    /// `127.0.0.1:port` of each Sentinel.
    #[must_use]
    pub fn addresses(&self) -> Vec<String> {
        self.sentinels.iter().map(Redis::address).collect()
    }

    /// What the Sentinels call the master.
    #[must_use]
    pub fn master_name(&self) -> &'static str {
        NAME
    }

    /// The port of the one that is master now, as the first Sentinel sees it.
    ///
    /// # Errors
    /// As [`Redis::command`].
    pub async fn master_port(&self) -> Result<Option<u16>, Error> {
        let Some(sentinel) = self.sentinels.first() else { return Ok(None) };
        let reply = sentinel.command(&["SENTINEL", "get-master-addr-by-name", NAME]).await?;
        let Reply::List(host_and_port) = reply else { return Ok(None) };
        Ok(host_and_port.get(1).and_then(|port| port.text().parse().ok()))
    }

    /// Waits until every Sentinel knows the replica and every other Sentinel.
    async fn until_acquainted(&self) -> Result<(), Error> {
        let others = (self.sentinels.len().saturating_sub(1)).to_string();
        let facts = [("num-slaves", "1"), ("num-other-sentinels", &others), ("flags", "master")];
        for sentinel in &self.sentinels {
            let is = |reply: &Reply| facts.iter().all(|(name, value)| reply.field(name) == Some(*value));
            sentinel.until_says("acquainted with the others", &["SENTINEL", "master", NAME], is).await?;
        }
        Ok(())
    }
}

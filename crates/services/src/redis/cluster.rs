//! A Redis Cluster of three masters, between which the hash slots are divided.

use super::options::Role;
use super::{Redis, RedisOptions};
use crate::Error;

/// First and last slot of each master; a Redis Cluster has 16,384.
const SLOTS: [(&str, &str); 3] = [("0", "5460"), ("5461", "10922"), ("10923", "16383")];

/// A Redis Cluster, for as long as the value lives.
pub struct RedisCluster {
    nodes: Vec<Redis>,
}

impl RedisCluster {
    /// A new Cluster of three masters on free ports of 127.0.0.1. It takes about two seconds: so long a master waits
    /// before it takes part.
    ///
    /// # Errors
    /// When Redis is not installed ([`Error::Missing`]) or the Cluster is not complete within 30 seconds.
    pub async fn launch() -> Result<Self, Error> {
        Self::launch_with(RedisOptions::default()).await
    }

    /// The same with these options for each node; a data folder cannot be shared and is not to be given.
    ///
    /// # Errors
    /// As [`RedisCluster::launch`].
    pub async fn launch_with(options: RedisOptions) -> Result<Self, Error> {
        let options = options.role(Role::ClusterNode);
        let (a, b, c) =
            tokio::try_join!(options.clone().launch(), options.clone().launch(), options.clone().launch())?;
        let cluster = Self { nodes: vec![a, b, c] };
        for (index, (node, (first, last))) in cluster.nodes.iter().zip(SLOTS).enumerate() {
            node.command(&["CLUSTER", "ADDSLOTSRANGE", first, last]).await?;
            // Each its own, so that they need not agree on who is right.
            node.command(&["CLUSTER", "SET-CONFIG-EPOCH", &(index + 1).to_string()]).await?;
        }
        for node in &cluster.nodes {
            for other in cluster.nodes.iter().filter(|other| other.port != node.port) {
                let (port, bus) = (other.port.to_string(), other.bus.unwrap_or_default().to_string());
                node.command(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus]).await?;
            }
        }
        cluster.until_complete().await?;
        Ok(cluster)
    }

    /// The masters.
    #[must_use]
    pub fn nodes(&self) -> &[Redis] {
        &self.nodes
    }

    /// `127.0.0.1:port` of each master.
    #[must_use]
    pub fn addresses(&self) -> Vec<String> {
        self.nodes.iter().map(Redis::address).collect()
    }

    /// FLUSHALL on every master.
    ///
    /// # Errors
    /// As [`Redis::command`].
    pub async fn flush(&self) -> Result<(), Error> {
        for node in &self.nodes {
            node.flush().await?;
        }
        Ok(())
    }

    /// Starts every node that does not run, and returns when the Cluster is complete again.
    ///
    /// # Errors
    /// As [`Redis::start`].
    pub async fn start(&self) -> Result<(), Error> {
        for node in &self.nodes {
            node.start().await?;
        }
        self.until_complete().await
    }

    /// Ends every node in good order.
    ///
    /// # Errors
    /// As [`Redis::stop`].
    pub async fn stop(&self) -> Result<(), Error> {
        for node in &self.nodes {
            node.stop().await?;
        }
        Ok(())
    }

    /// Kills every node.
    ///
    /// # Errors
    /// As [`Redis::kill`].
    pub async fn kill(&self) -> Result<(), Error> {
        for node in &self.nodes {
            node.kill().await?;
        }
        Ok(())
    }

    /// [`RedisCluster::stop`], then [`RedisCluster::start`].
    ///
    /// # Errors
    /// As these two.
    pub async fn restart(&self) -> Result<(), Error> {
        self.stop().await?;
        self.start().await
    }

    /// SIGSTOP for every node.
    ///
    /// # Errors
    /// As [`Redis::freeze`].
    pub fn freeze(&self) -> Result<(), Error> {
        self.nodes.iter().try_for_each(Redis::freeze)
    }

    /// Lets every node go on. The Cluster needs a moment until it is complete: see [`RedisCluster::start`].
    ///
    /// # Errors
    /// As [`Redis::thaw`].
    pub fn thaw(&self) -> Result<(), Error> {
        self.nodes.iter().try_for_each(Redis::thaw)
    }

    async fn until_complete(&self) -> Result<(), Error> {
        let nodes = format!("cluster_known_nodes:{}", self.nodes.len());
        let facts = ["cluster_state:ok", "cluster_slots_ok:16384", &nodes];
        for node in &self.nodes {
            let is = |reply: &super::Reply| facts.iter().all(|fact| reply.text().contains(fact));
            node.until_says("part of a complete Cluster", &["CLUSTER", "INFO"], is).await?;
        }
        Ok(())
    }
}

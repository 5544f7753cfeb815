//! A set of connections that serves every slot.

use super::dial::Link;
use super::near::Node;
use crate::key::SLOTS;
use futures_util::future::try_join_all;
use redis::{RedisError, RedisResult};
use std::time::Duration;
use tokio::time::timeout;

/// Connections to every master, and which slots each serves.
pub(crate) struct Line {
    /// Which of the lines it is that were built one after the other.
    pub(super) generation: u64,
    nodes: Vec<Node>,
    /// Last slot of a range, and the index of its node; ascending, without a gap.
    ranges: Vec<(u16, usize)>,
    is_cluster: bool,
}

impl Line {
    /// One server for everything.
    pub(super) fn single(generation: u64, node: Node) -> Self {
        Self { generation, nodes: vec![node], ranges: vec![(SLOTS - 1, 0)], is_cluster: false }
    }

    /// The masters of a cluster.
    pub(super) fn cluster(generation: u64, nodes: Vec<Node>, ranges: Vec<(u16, usize)>) -> Self {
        Self { generation, nodes, ranges, is_cluster: true }
    }

    /// The server of a slot.
    pub(crate) fn node(&self, slot: u16) -> Option<&Node> {
        let range = self.ranges.partition_point(|(last, _)| *last < slot);
        self.ranges.get(range).and_then(|(_, node)| self.nodes.get(*node))
    }

    /// To every server, the connection that the line was built with.
    pub(super) fn links(&self) -> impl Iterator<Item = &Link> {
        self.nodes.iter().map(|node| &node.link)
    }

    /// Closes connections of other runtimes that were not used since the last look.
    pub(super) fn look(&self) {
        self.nodes.iter().for_each(Node::look);
    }

    /// Asks every server whether it serves; a node of a cluster says so only while the whole cluster does.
    pub(crate) async fn check(&self, patience: Duration) -> RedisResult<()> {
        let checks = self.links().map(|link| async move {
            if self.is_cluster {
                says_ok(link).await
            } else {
                redis::cmd("PING").query_async(&mut link.connection.clone()).await
            }
        });
        match timeout(patience, try_join_all(checks)).await {
            Ok(result) => result.map(drop),
            Err(_) => Err(trouble("a server of Redis does not answer")),
        }
    }
}

/// Whether a node says that its cluster serves every slot.
pub(super) async fn says_ok(link: &Link) -> RedisResult<()> {
    let info: String = redis::cmd("CLUSTER").arg("INFO").query_async(&mut link.connection.clone()).await?;
    if info.contains("cluster_state:ok") { Ok(()) } else { Err(trouble("the cluster is not ok")) }
}

/// What is wrong, as an error of the library.
pub(super) fn trouble(what: &'static str) -> RedisError {
    RedisError::from((redis::ErrorKind::Io, what))
}

//! From what the settings name to the masters that serve now.

use super::RESPONSE;
use super::dial::{Dialer, Link};
use super::line::{Line, says_ok, trouble};
use super::near::Node;
use crate::config::{Endpoint, Topology};
use crate::key::SLOTS;
use futures_util::future::{join_all, select_ok, try_join_all};
use redis::aio::AsyncPushSender;
use redis::{ErrorKind, FromRedisValue, RedisError, RedisResult, ServerErrorKind, Value};
use std::sync::Arc;
use tokio::time::timeout;

/// Builds a line; `pushes` hears of the end of each of its connections. `known` are masters seen before, in case that
/// all nodes of a cluster that the settings name are gone. Waits without bound: the caller bounds it.
pub(super) async fn discover(
    dialer: &Arc<Dialer>,
    topology: &Topology,
    known: &[Endpoint],
    generation: u64,
    pushes: &(impl AsyncPushSender + Clone),
) -> RedisResult<Line> {
    let node = |link| Node::new(link, dialer.clone());
    match topology {
        Topology::Single(endpoint) => {
            let link = dialer.dial(endpoint, pushes.clone()).await?;
            says_master(&link).await?;
            Ok(Line::single(generation, node(link)))
        }
        Topology::Sentinel { sentinels, master } => {
            // Each Sentinel is asked at once; the first that leads to a server that says it is the master wins.
            let masters = sentinels.iter().map(|sentinel| {
                Box::pin(async move {
                    let endpoint = ask_sentinel(dialer, sentinel, master).await?;
                    let link = dialer.dial(&endpoint, pushes.clone()).await?;
                    says_master(&link).await?;
                    Ok::<_, RedisError>(link)
                })
            });
            Ok(Line::single(generation, node(select_ok(masters).await?.0)))
        }
        Topology::Cluster(nodes) => {
            let seeds = nodes.iter().chain(known).map(|seed| Box::pin(ask_cluster(dialer, seed)));
            let (ranges, _) = select_ok(seeds).await?;
            let mut masters: Vec<Endpoint> = Vec::new();
            let mut indices = Vec::new();
            for (last, endpoint) in ranges {
                let index = masters.iter().position(|known| *known == endpoint).unwrap_or_else(|| {
                    masters.push(endpoint);
                    masters.len() - 1
                });
                indices.push((last, index));
            }
            let links = masters.iter().map(|master| dialer.dial(master, pushes.clone()));
            let nodes = try_join_all(links).await?.into_iter().map(node).collect();
            Ok(Line::cluster(generation, nodes, indices))
        }
    }
}

/// Whether Sentinels made another server master: a former one may take writes for a while longer, and lose them. It
/// takes one Sentinel that still names ours to stay, for the news reaches them one after the other.
pub(super) async fn has_moved(dialer: &Dialer, topology: &Topology, line: &Line) -> bool {
    let Topology::Sentinel { sentinels, master } = topology else { return false };
    let asked = sentinels.iter().map(|sentinel| timeout(RESPONSE, ask_sentinel(dialer, sentinel, master)));
    let mut named = join_all(asked).await.into_iter().flatten().flatten().peekable();
    named.peek().is_some() && !named.any(|named| line.links().any(|link| link.endpoint == named))
}

async fn ask_sentinel(dialer: &Dialer, sentinel: &Endpoint, master: &str) -> RedisResult<Endpoint> {
    let mut question = redis::cmd("SENTINEL");
    question.arg("get-master-addr-by-name").arg(master);
    // Most Sentinels have no password; those that have one say so.
    let mut answer: RedisResult<Option<(String, u16)>> = Err(trouble("no Sentinel was asked"));
    for as_user in [false, true] {
        let link = dialer.dial_sentinel(sentinel, as_user).await?;
        answer = question.query_async(&mut link.connection.clone()).await;
        if answer.as_ref().err().and_then(|error| error.code()) != Some("NOAUTH") {
            break;
        }
    }
    let (host, port) = answer?.ok_or_else(|| trouble("the Sentinel knows no such master"))?;
    Ok(Endpoint { host, port })
}

async fn says_master(link: &Link) -> RedisResult<()> {
    let role: RedisResult<Value> = redis::cmd("ROLE").query_async(&mut link.connection.clone()).await;
    let role = match role {
        // Whoever may not ask, or asks a service that hides it, learns it from the first command that writes.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::Server(ServerErrorKind::NoPerm | ServerErrorKind::ResponseError)
            ) =>
        {
            return Ok(());
        }
        role => role?,
    };
    let first = role.into_sequence().ok().and_then(|parts| parts.into_iter().next());
    match first.map(String::from_redis_value) {
        Some(Ok(role)) if role == "master" => Ok(()),
        _ => Err(trouble("the server is no master")),
    }
}

/// Ranges of slots, by their last slot and their master, ascending and without a gap.
async fn ask_cluster(dialer: &Dialer, seed: &Endpoint) -> RedisResult<Vec<(u16, Endpoint)>> {
    let link = dialer.dial(seed, |_| Ok::<(), redis::aio::SendError>(())).await?;
    // One that lost sight of the others still describes what it knew.
    says_ok(&link).await?;
    let answer = redis::cmd("CLUSTER").arg("SLOTS").query_async(&mut link.connection.clone()).await?;
    let mut ranges: Vec<(u16, u16, Vec<Value>)> = match answer {
        Value::Array(ranges) => ranges.into_iter().map(range).collect::<Option<_>>(),
        _ => None,
    }
    .ok_or_else(|| trouble("the cluster describes its slots in an unknown way"))?;
    ranges.sort_by_key(|(first, ..)| *first);
    let mut next = 0;
    let mut found = Vec::with_capacity(ranges.len());
    for (first, last, node) in ranges {
        if first != next {
            return Err(trouble("the cluster does not serve every slot"));
        }
        next = last.saturating_add(1);
        let endpoint = address(node, seed).ok_or_else(|| trouble("the cluster names no address"))?;
        found.push((last, endpoint));
    }
    if next == SLOTS { Ok(found) } else { Err(trouble("the cluster does not serve every slot")) }
}

/// First slot, last slot and the description of the master.
fn range(value: Value) -> Option<(u16, u16, Vec<Value>)> {
    let mut parts = value.into_sequence().ok()?.into_iter();
    let first = u16::from_redis_value(parts.next()?).ok()?;
    let last = u16::from_redis_value(parts.next()?).ok()?;
    Some((first, last, parts.next()?.into_sequence().ok()?))
}

/// The address that a node prefers; a node without one is reached where it was asked.
fn address(node: Vec<Value>, seed: &Endpoint) -> Option<Endpoint> {
    let mut parts = node.into_iter();
    let host = Option::<String>::from_redis_value(parts.next()?).ok()?;
    let port = u16::from_redis_value(parts.next()?).ok()?;
    let host = host.filter(|host| !host.is_empty()).unwrap_or_else(|| seed.host.clone());
    (host != "?").then_some(Endpoint { host, port })
}

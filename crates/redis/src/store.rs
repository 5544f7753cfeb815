//! The handle on Redis that every port of this crate calls through.
//!
//! - A call ends within two seconds, and at once while Redis is known to be away.
//! - A command is sent again only if the server said that it did not run it. When an answer was lost the call fails:
//!   whether it happened is not known, and a second time would count twice.
//! - Every call is measured as `db_client_operation_duration_seconds`.

use crate::config::{Endpoint, InvalidRedisConfig, RedisConfig, Topology};
use crate::connection::{CONNECT, Line, Link, RESPONSE, Supervisor};
use crate::key::Key;
use crate::measure::measured;
use crate::script::Script;
use evently_auth_domain::error::StoreError;
use redis::aio::AsyncPushSender;
use redis::{Cmd, ErrorKind, FromRedisValue, RedisError, RedisResult, ServerErrorKind, Value};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};

/// How long a call may take with everything: waiting for a line, and being sent again.
const CALL: Duration = Duration::from_millis(1_500);

/// Before a command that was not run is sent again.
const PAUSE: Duration = Duration::from_millis(25);

/// Redis, in any of its shapes. A clone is another handle on the same connections.
#[derive(Clone)]
pub struct RedisStore(Arc<Inner>);

struct Inner {
    supervisor: Supervisor,
    prefix: String,
    runtime: Handle,
    #[cfg(test)]
    shift: std::sync::atomic::AtomicI64,
}

impl RedisStore {
    /// Begins to connect, in tasks on `runtime`, which must be the main one. Redis need not be there: calls fail while
    /// it is away, and work when it is back. Calls on other runtimes open connections that these drive, so they need
    /// I/O and time. Every key begins with `prefix` and a colon.
    ///
    /// # Errors
    /// For settings that no Redis could serve.
    pub fn new(config: &RedisConfig, prefix: &str, runtime: Handle) -> Result<Self, InvalidRedisConfig> {
        match &config.topology {
            Topology::Cluster(_) if config.database != 0 => {
                return Err(InvalidRedisConfig::Database(config.database));
            }
            Topology::Cluster(nodes) | Topology::Sentinel { sentinels: nodes, .. } if nodes.is_empty() => {
                return Err(InvalidRedisConfig::NoAddress);
            }
            Topology::Cluster(_) | Topology::Sentinel { .. } | Topology::Single(_) => (),
        }
        if prefix.is_empty() || prefix.contains(['{', '}']) {
            return Err(InvalidRedisConfig::Prefix);
        }
        let supervisor = Supervisor::start(config, &runtime)?;
        Ok(Self(Arc::new(Inner {
            supervisor,
            prefix: prefix.to_owned(),
            runtime,
            #[cfg(test)]
            shift: Default::default(),
        })))
    }

    /// What is added to the clock of Redis, in microseconds: nothing, except in tests of this crate.
    #[cfg(not(test))]
    pub(crate) fn clock_shift(&self) -> i64 {
        0
    }

    #[cfg(test)]
    pub(crate) fn clock_shift(&self) -> i64 {
        self.0.shift.load(std::sync::atomic::Ordering::SeqCst)
    }

    /// Lets time pass for the scripts.
    #[cfg(test)]
    pub(crate) fn advance(&self, micros: i64) {
        self.0.shift.fetch_add(micros, std::sync::atomic::Ordering::SeqCst);
    }

    /// The key `prefix:area:{tag}rest`; equal tags live on one node. Channels are keys as well.
    pub(crate) fn key(&self, area: &str, tag: &str, rest: &str) -> Key {
        Key::new(&self.0.prefix, area, tag, rest)
    }

    /// The main runtime, for tasks that outlive a call.
    pub(crate) fn runtime(&self) -> &Handle {
        &self.0.runtime
    }

    /// Runs a command on the node of `key`; all keys in it must have the same tag. `operation` names it in metrics.
    ///
    /// # Errors
    /// `Unavailable` when Redis is away or refuses (it may have run if it was sent), `Corrupt` for an answer that is
    /// none of `T`.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        operation: &'static str,
        key: &Key,
        command: &Cmd,
    ) -> Result<T, StoreError> {
        measured(operation, self.bounded(key.slot(), Request::One(command))).await
    }

    /// Runs a script on the node of its keys, of which there is one at least; all must have the same tag.
    ///
    /// # Errors
    /// As [`RedisStore::run`].
    pub(crate) async fn run_script<T: FromRedisValue>(
        &self,
        operation: &'static str,
        script: &Script,
        keys: &[Key],
        arguments: &[Vec<u8>],
    ) -> Result<T, StoreError> {
        let slot = keys.first().map_or(0, Key::slot);
        measured(operation, self.bounded(slot, Request::Script { script, keys, arguments })).await
    }

    /// Opens a connection of its own to the node of `key`, for subscriptions. It is RESP3: send `SSUBSCRIBE key` on
    /// `link.connection` and hear `PushKind::SMessage` through `pushes`; `SPUBLISH` by [`RedisStore::run`] with the
    /// same key arrives at the same node, in all three shapes. `pushes` hears `PushKind::Disconnection` when the
    /// connection ends, and `PushKind::SUnsubscribe` when the slot moves to another node. It never reconnects: open
    /// another. It closes when the `Link` is dropped.
    ///
    /// # Errors
    /// `Unavailable`, within two seconds.
    pub(crate) async fn dedicated(
        &self,
        key: &Key,
        pushes: impl AsyncPushSender,
    ) -> Result<Link, StoreError> {
        let open = async {
            let line = self.0.supervisor.line().await?;
            let node =
                line.node(key.slot()).ok_or_else(|| RedisError::from((ErrorKind::Io, "no such slot")))?;
            self.0.supervisor.dialer().dial(&node.link.endpoint, pushes).await
        };
        match timeout(CONNECT, open).await {
            Ok(link) => link.map_err(StoreError::unavailable),
            Err(_) => Err(StoreError::unavailable("connecting to Redis took too long")),
        }
    }

    /// Whether `link` leads to the node that callers use for `key`. After a failover it may not, and go on answering.
    ///
    /// # Errors
    /// `Unavailable` when Redis is away, or it leads elsewhere.
    pub(crate) async fn leads_to(&self, key: &Key, link: &Link) -> Result<(), StoreError> {
        let line = self.0.supervisor.line().await.map_err(StoreError::unavailable)?;
        match line.node(key.slot()) {
            Some(node) if node.link.endpoint == link.endpoint => Ok(()),
            _ => Err(StoreError::unavailable("the channel is on another node by now")),
        }
    }

    /// Asks every server whether it serves.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        let line = self.0.supervisor.line().await.map_err(StoreError::unavailable)?;
        line.check(RESPONSE).await.map_err(|error| {
            self.0.supervisor.report(&line);
            StoreError::unavailable(error)
        })
    }

    async fn bounded<T: FromRedisValue>(&self, slot: u16, request: Request<'_>) -> Result<T, StoreError> {
        let value = match timeout(CALL, self.send(slot, request)).await {
            Ok(value) => value.map_err(failure)?,
            Err(_) => return Err(StoreError::unavailable("Redis took too long")),
        };
        T::from_redis_value(value).map_err(StoreError::corrupt)
    }

    async fn send(&self, slot: u16, request: Request<'_>) -> RedisResult<Value> {
        let supervisor = &self.0.supervisor;
        loop {
            let line = supervisor.line().await?;
            let error = match self.send_once(&line, slot, request).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            match Verdict::of(&error) {
                Verdict::Final => return Err(error),
                Verdict::Lost => {
                    supervisor.report(&line);
                    return Err(error);
                }
                Verdict::Elsewhere => supervisor.report(&line),
                Verdict::Later => (),
            }
            drop(line);
            sleep(PAUSE).await;
        }
    }

    async fn send_once(&self, line: &Line, slot: u16, request: Request<'_>) -> RedisResult<Value> {
        let node = line.node(slot).ok_or_else(|| RedisError::from((ErrorKind::Io, "no such slot")))?;
        let connection = &mut node.connection();
        match request {
            Request::One(command) => self.redirected(command, command.query_async(connection).await).await,
            Request::Script { script, keys, arguments } => {
                let command = script.by_hash(keys, arguments);
                let answer = self.redirected(&command, command.query_async(connection).await).await;
                if !is(&answer, ServerErrorKind::NoScript) {
                    return answer;
                }
                let command = script.by_code(keys, arguments);
                self.redirected(&command, command.query_async(connection).await).await
            }
        }
    }

    /// Follows a key whose slot is being moved: the node that it moves to answers if it is asked first. It is rare and
    /// passes, so a connection for one command is good enough.
    async fn redirected(&self, command: &Cmd, answer: RedisResult<Value>) -> RedisResult<Value> {
        let target = match &answer {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::Ask) => error
                .redirect_node()
                .and_then(|(address, _)| address.rsplit_once(':'))
                .and_then(|(host, port)| Some(Endpoint { host: host.to_owned(), port: port.parse().ok()? })),
            _ => None,
        };
        let Some(target) = target else { return answer };
        let link = self.0.supervisor.dialer().dial(&target, |_| Ok::<(), redis::aio::SendError>(())).await?;
        let mut asking = redis::pipe();
        asking.cmd("ASKING").ignore().add_command(command.clone());
        let (value,): (Value,) = asking.query_async(&mut link.connection.clone()).await?;
        Ok(value)
    }
}

/// What is sent.
#[derive(Clone, Copy)]
enum Request<'a> {
    One(&'a Cmd),
    Script { script: &'a Script, keys: &'a [Key], arguments: &'a [Vec<u8>] },
}

/// What an error means for the one who sent.
enum Verdict {
    /// It was not run, because another server has to.
    Elsewhere,
    /// It was not run, but will be in a moment.
    Later,
    /// Nobody knows whether it was run.
    Lost,
    /// The server refused it.
    Final,
}

impl Verdict {
    fn of(error: &RedisError) -> Self {
        match error.kind() {
            ErrorKind::Server(
                ServerErrorKind::Moved
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::MasterDown
                | ServerErrorKind::ReadOnly
                | ServerErrorKind::BusyLoading,
            ) => Self::Elsewhere,
            ErrorKind::Server(ServerErrorKind::TryAgain | ServerErrorKind::Ask) => Self::Later,
            ErrorKind::Server(_) | ErrorKind::Extension => Self::Final,
            _ => Self::Lost,
        }
    }
}

fn is(answer: &RedisResult<Value>, kind: ServerErrorKind) -> bool {
    answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::Server(kind))
}

fn failure(error: RedisError) -> StoreError {
    if error.code() == Some("WRONGTYPE") {
        StoreError::corrupt(error)
    } else {
        StoreError::unavailable(error)
    }
}

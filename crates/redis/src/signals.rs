//! `Signals` over Redis: sharded publishing (`SPUBLISH`) on one channel, so that in every shape of Redis whoever sends
//! and whoever listens meet at the same node.
//!
//! - Each instance subscribes on a connection of its own, and four times a second asks there for a deletion of nothing: the
//!   answer comes after everything that was published before, and no replica gives it. A former master does for a while;
//!   so the node also has to be the one to which this instance would send. Both together prove the line. Without a
//!   proof for half a second the line is down, as it is at once when the connection ends or the channel moves to another
//!   node.
//! - A line is up when it was subscribed to and proven, and connects anew for as long as anybody holds it.

use crate::RedisStore;
use crate::key::Key;
use crate::signal_line::Line;
use async_trait::async_trait;
use evently_auth_domain::account::UserId;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{Signal, SignalListener, Signals};
use evently_auth_domain::session::Sid;
use redis::aio::{MultiplexedConnection, SendError};
use redis::{Cmd, FromRedisValue, PushInfo, PushKind, Value};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

/// The hash tag of the channel, and of everything that must be lost when it is.
pub(crate) const TAG: &str = "sessions";

/// Between two proofs, and two attempts to connect.
const BEAT: Duration = Duration::from_millis(250);

/// How long a proof may take.
const PATIENCE: Duration = Duration::from_millis(500);

/// For so long after it began a proof may be relied on; the next one, or the news that there is none, comes earlier.
const TRUST: Duration = Duration::from_secs(1);

/// The line between instances. A clone is another handle on it; it closes with the last.
#[derive(Clone)]
pub struct RedisSignals(Arc<Inner>);

struct Inner {
    redis: RedisStore,
    channel: Key,
    line: Arc<Line>,
    keeper: AbortHandle,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl RedisSignals {
    /// Begins to listen, from a task on the runtime of `redis`; Redis need not be there yet.
    pub fn new(redis: RedisStore) -> Self {
        let channel = redis.key("signals", TAG, "");
        let line = Arc::new(Line::default());
        let keeper = redis.runtime().spawn(keep(redis.clone(), channel.clone(), line.clone())).abort_handle();
        Self(Arc::new(Inner { redis, channel, line, keeper }))
    }
}

#[async_trait]
impl Signals for RedisSignals {
    async fn send(&self, signals: &[Signal]) -> Result<(), StoreError> {
        if signals.is_empty() {
            return Ok(());
        }
        let Inner { redis, channel, .. } = &*self.0;
        let command = redis::cmd("SPUBLISH").arg(channel).arg(write(signals)).take();
        redis.run("signals.send", channel, &command).await
    }

    fn listen(&self, listener: Arc<dyn SignalListener>) {
        self.0.line.add(listener);
    }
}

async fn keep(redis: RedisStore, channel: Key, line: Arc<Line>) {
    loop {
        let error = watch(&redis, &channel, &line).await;
        line.lost(&error);
        sleep(BEAT).await;
    }
}

/// Connects, and keeps the line proven; says why it could not any longer.
async fn watch(redis: &RedisStore, channel: &Key, line: &Arc<Line>) -> StoreError {
    let lost = Arc::new(Notify::new());
    let (heard, ended) = (line.clone(), lost.clone());
    // Called in the order of arrival, before the answer to a later command is handed out.
    let pushes = move |push: PushInfo| {
        match push.kind {
            PushKind::SMessage => heard.hear(&read(&push.data)),
            PushKind::SUnsubscribe | PushKind::Disconnection => ended.notify_one(),
            _ => {}
        }
        Ok::<(), SendError>(())
    };
    let proving = async {
        let link = redis.dedicated(channel, pushes).await?;
        let mut connection = link.connection.clone();
        let name = redis::cmd("CLIENT").arg("SETNAME").arg(channel).take();
        bounded(ask(&mut connection, &name)).await?;
        bounded(ask(&mut connection, &redis::cmd("SSUBSCRIBE").arg(channel).take())).await?;
        let nothing = redis::cmd("DEL").arg(channel).take(); // a write, which a replica refuses, and no change
        loop {
            let began = Instant::now();
            bounded(async {
                ask(&mut connection, &nothing).await?;
                redis.leads_to(channel, &link).await
            })
            .await?;
            line.proven(began + TRUST);
            sleep(BEAT).await;
        }
    };
    tokio::select! {
        biased; // what ended the line came before the answer that is handed out with it
        () = lost.notified() => StoreError::unavailable("the connection ended, or the channel moved"),
        error = proving => match error {
            Ok(never) => never,
            Err(error) => error,
        },
    }
}

async fn ask(connection: &mut MultiplexedConnection, command: &Cmd) -> Result<(), StoreError> {
    command.query_async::<Value>(connection).await.map(drop).map_err(StoreError::unavailable)
}

async fn bounded(step: impl Future<Output = Result<(), StoreError>>) -> Result<(), StoreError> {
    let late = |_| Err(StoreError::unavailable("Redis does not answer on the line"));
    timeout(PATIENCE, step).await.unwrap_or_else(late)
}

/// `s<sid>`, `u<id>` and `m`, with spaces between.
fn write(signals: &[Signal]) -> String {
    let word = |signal: &Signal| match signal {
        Signal::SessionChanged(sid) => format!("s{sid}"),
        Signal::UserChanged(user) => format!("u{user}"),
        Signal::MailWaiting => "m".to_owned(),
    };
    signals.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// The signals of a message, which comes after the name of its channel. What this version does not know it leaves out.
fn read(push: &[Value]) -> Vec<Signal> {
    let message = push.last().and_then(|text| String::from_redis_value_ref(text).ok()).unwrap_or_default();
    let signal = |word: &str| match word.split_at_checked(1)? {
        ("s", sid) => Sid::parse(sid).map(Signal::SessionChanged),
        ("u", id) => id.parse().ok().map(|id| Signal::UserChanged(UserId(id))),
        ("m", "") => Some(Signal::MailWaiting),
        _ => None,
    };
    message.split(' ').filter_map(signal).collect()
}

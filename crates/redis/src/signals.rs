//! `Signals` over Redis: sharded publishing (`SPUBLISH`) on one channel, so that in every shape of Redis whoever sends
//! and whoever listens meet at the same node.
//!
//! - Each instance subscribes on a connection of its own, and four times a second asks there for a deletion of nothing: the
//!   answer comes after everything that was published before, and no replica gives it. A former master does for a while;
//!   so the node also has to be the one to which this instance would send. Both together prove the line. Without a
//!   proof for half a second the line is down, as it is at once when the connection ends or the channel moves to another
//!   node.
//! - `SPUBLISH` says how many it handed the message to. Each of them says so, when its listeners have heard it, on a channel
//!   of the sender's own, to which the sender listens on the same connection; it waits for as many.
//! - A line is up when it was subscribed to and proven, and connects anew for as long as anybody holds it.

use crate::RedisStore;
use crate::key::Key;
use crate::receipts::Receipts;
use crate::signal_line::Line;
use crate::signal_message::{Message, Receipt, read, write, write_heard};
use async_trait::async_trait;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{Signal, SignalListener, Signals};
use redis::aio::{MultiplexedConnection, SendError};
use redis::{Cmd, PushInfo, PushKind, Value};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

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
    instance: Arc<Instance>,
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
        let instance = Arc::new(Instance::new(redis));
        let keeper = instance.redis.runtime().spawn(keep(instance.clone())).abort_handle();
        Self(Arc::new(Inner { instance, keeper }))
    }
}

#[async_trait]
impl Signals for RedisSignals {
    async fn send(&self, signals: &[Signal]) -> Result<(), StoreError> {
        let instance = &self.0.instance;
        // Without a line no receipt would be heard.
        if !instance.line.is_up() {
            return self.tell(signals).await;
        }
        if signals.is_empty() {
            return Ok(());
        }
        let expected = instance.receipts.expect();
        let receipt = Receipt { sender: instance.id, number: expected.number };
        let receivers = instance.publish(write(signals, Some(receipt))).await?;
        expected.all(receivers).await;
        Ok(())
    }

    async fn tell(&self, signals: &[Signal]) -> Result<(), StoreError> {
        if signals.is_empty() {
            return Ok(());
        }
        self.0.instance.publish(write(signals, None)).await.map(drop)
    }

    fn listen(&self, listener: Arc<dyn SignalListener>) {
        self.0.instance.line.add(listener);
    }
}

/// One of those that hear each other.
struct Instance {
    redis: RedisStore,
    id: Uuid,
    channel: Key,
    line: Line,
    receipts: Receipts,
}

impl Instance {
    fn new(redis: RedisStore) -> Self {
        let channel = redis.key("signals", TAG, "");
        Self { redis, id: Uuid::new_v4(), channel, line: Line::default(), receipts: Receipts::default() }
    }

    /// Where receipts for `sender` go.
    fn receipts_of(&self, sender: Uuid) -> Key {
        self.redis.key("signals", TAG, &sender.simple().to_string())
    }

    /// Says to how many it was handed: whoever listens is at the node that is asked.
    async fn publish(&self, message: String) -> Result<u32, StoreError> {
        let command = redis::cmd("SPUBLISH").arg(&self.channel).arg(message).take();
        self.redis.run("signals.send", &self.channel, &command).await
    }

    fn hear(self: &Arc<Self>, message: &Message) {
        self.line.hear(&message.signals);
        if let Some(number) = message.heard {
            self.receipts.heard(number);
        }
        match message.receipt {
            Some(receipt) if receipt.sender == self.id => self.receipts.heard(receipt.number),
            Some(receipt) => {
                let instance = self.clone();
                self.redis.runtime().spawn(async move { instance.acknowledge(receipt).await });
            }
            None => {}
        }
    }

    async fn acknowledge(&self, receipt: Receipt) {
        let channel = self.receipts_of(receipt.sender);
        let command = redis::cmd("SPUBLISH").arg(&channel).arg(write_heard(receipt.number)).take();
        // The sender waits for it no longer than it would for one that is frozen.
        let _ = self.redis.run::<u32>("signals.acknowledge", &channel, &command).await;
    }
}

async fn keep(instance: Arc<Instance>) {
    loop {
        let error = watch(&instance).await;
        instance.line.lost(&error);
        instance.receipts.give_up();
        sleep(BEAT).await;
    }
}

/// Connects, and keeps the line proven; says why it could not any longer.
async fn watch(instance: &Arc<Instance>) -> StoreError {
    let Instance { redis, channel, line, .. } = &**instance;
    let lost = Arc::new(Notify::new());
    let (hearing, ended) = (instance.clone(), lost.clone());
    // Called in the order of arrival, before the answer to a later command is handed out.
    let pushes = move |push: PushInfo| {
        match push.kind {
            PushKind::SMessage => hearing.hear(&read(&push.data)),
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
        for channel in [&instance.receipts_of(instance.id), channel] {
            bounded(ask(&mut connection, &redis::cmd("SSUBSCRIBE").arg(channel).take())).await?;
        }
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

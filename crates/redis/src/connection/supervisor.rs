//! Keeps a line up, from a task of its own on the main runtime.
//!
//! - While Redis is away callers are told at once; nobody waits for a connection that is known to fail.
//! - A line that broke is replaced without being asked for, so that a call after a restart finds a new one.
//! - A silent server, and a change of the master by Sentinels, is noticed within two seconds, also when nobody calls.

use super::dial::Dialer;
use super::discover::{discover, has_moved};
use super::line::{Line, trouble};
use super::{CONNECT, RESPONSE};
use crate::config::{Endpoint, InvalidRedisConfig, RedisConfig, Topology};
use redis::{PushInfo, PushKind, RedisError, RedisResult};
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout};

/// How long callers wait for a line that was up a moment ago.
const GRACE: Duration = Duration::from_secs(1);

/// How often servers are asked whether they are there.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// After how many heartbeats the connections of other runtimes are looked at, and closed when nobody used them.
const LOOK: u32 = 10;

/// Between two attempts to build a line.
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

#[derive(Clone)]
enum State {
    /// Not known yet; for [`GRACE`] at most.
    Connecting,
    Up(Arc<Line>),
    Down(RedisError),
}

/// Hands out the line, and replaces it when it breaks.
pub(crate) struct Supervisor {
    state: watch::Receiver<State>,
    /// The latest generation that somebody found broken.
    broken: watch::Sender<u64>,
    dialer: Arc<Dialer>,
    task: AbortHandle,
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Supervisor {
    /// Begins to connect, in tasks on `runtime`.
    pub(crate) fn start(config: &RedisConfig, runtime: &Handle) -> Result<Self, InvalidRedisConfig> {
        let dialer = Arc::new(Dialer::new(config, runtime.clone())?);
        let (state, receiver) = watch::channel(State::Connecting);
        let broken = watch::Sender::new(0);
        let keeper = Keeper {
            dialer: dialer.clone(),
            topology: config.topology.clone(),
            state,
            broken: broken.clone(),
        };
        let task = runtime.spawn(keeper.run()).abort_handle();
        Ok(Self { state: receiver, broken, dialer, task })
    }

    /// The line. Waits for a second at most, and not at all when Redis is known to be away.
    pub(crate) async fn line(&self) -> RedisResult<Arc<Line>> {
        if let State::Up(line) = &*self.state.borrow() {
            return Ok(line.clone());
        }
        let mut state = self.state.clone();
        let known = match timeout(GRACE, state.wait_for(|state| !matches!(state, State::Connecting))).await {
            Ok(Ok(known)) => known.clone(),
            // The keeper ends the doubt itself; this bounds the wait when its runtime is gone.
            Ok(Err(_)) | Err(_) => return Err(trouble("there is no connection to Redis yet")),
        };
        match known {
            State::Up(line) => Ok(line),
            State::Down(error) => Err(error),
            State::Connecting => Err(trouble("there is no connection to Redis yet")),
        }
    }

    /// Something is wrong with `line`: have another built.
    pub(crate) fn report(&self, line: &Line) {
        report(&self.broken, line.generation);
    }

    /// How connections beside the line are opened.
    pub(crate) fn dialer(&self) -> &Dialer {
        &self.dialer
    }
}

fn report(broken: &watch::Sender<u64>, generation: u64) {
    broken.send_if_modified(|latest| {
        let is_news = generation > *latest;
        *latest = generation.max(*latest);
        is_news
    });
}

struct Keeper {
    dialer: Arc<Dialer>,
    topology: Topology,
    state: watch::Sender<State>,
    broken: watch::Sender<u64>,
}

impl Keeper {
    async fn run(self) {
        let mut known: Vec<Endpoint> = Vec::new();
        let mut pause = FIRST_PAUSE;
        for generation in 1.. {
            match self.build(generation, &known).await {
                Ok(line) => {
                    known = line.links().map(|link| link.endpoint.clone()).collect();
                    let since = Instant::now();
                    self.publish(State::Up(line.clone()));
                    self.watch(&line).await;
                    self.publish(State::Connecting);
                    // A line that breaks as soon as it is up is not built in a hurry.
                    if since.elapsed() > HEARTBEAT {
                        pause = FIRST_PAUSE;
                        continue;
                    }
                }
                Err(error) => self.publish(State::Down(error)),
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn build(&self, generation: u64, known: &[Endpoint]) -> RedisResult<Arc<Line>> {
        let broken = self.broken.clone();
        let pushes = move |info: PushInfo| {
            if info.kind == PushKind::Disconnection {
                report(&broken, generation);
            }
            Ok::<(), redis::aio::SendError>(())
        };
        let attempt = async {
            let line = discover(&self.dialer, &self.topology, known, generation, &pushes).await?;
            line.check(RESPONSE).await?;
            Ok(Arc::new(line))
        };
        let late = async {
            sleep(GRACE).await;
            self.publish(State::Down(trouble("connecting to Redis takes too long")));
            pending::<()>().await;
        };
        tokio::select! {
            result = timeout(CONNECT, attempt) => {
                result.unwrap_or_else(|_| Err(trouble("connecting to Redis took too long")))
            }
            () = late => Err(trouble("connecting to Redis took too long")),
        }
    }

    /// Returns when the line is broken.
    async fn watch(&self, line: &Line) {
        let mut broken = self.broken.subscribe();
        let reported = broken.wait_for(|latest| *latest >= line.generation);
        let left = async {
            for beat in 1_u32.. {
                sleep(HEARTBEAT).await;
                if beat.is_multiple_of(LOOK) {
                    line.look();
                }
                let is_broken = line.check(RESPONSE).await.is_err();
                if is_broken || has_moved(&self.dialer, &self.topology, line).await {
                    break;
                }
            }
        };
        tokio::select! {
            _ = reported => (),
            () = left => (),
        }
    }

    /// Tells callers, and the log where it turns.
    fn publish(&self, next: State) {
        let was_down = matches!(&*self.state.borrow(), State::Down(_));
        match &next {
            State::Down(error) if !was_down => tracing::warn!(%error, "Redis is away"),
            State::Up(_) if was_down => tracing::info!("Redis is back"),
            State::Up(_) | State::Down(_) | State::Connecting => (),
        }
        self.state.send_replace(next);
    }
}

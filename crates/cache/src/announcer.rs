//! Tells of changes: to the local cache at once, to the shared cache and the other instances as soon as they can hear.

use crate::LIFE;
use crate::local::LocalCache;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{SessionCache, Signal, Signals};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};
use tracing::Instrument;

/// How long a change waits until others know of it.
const PATIENCE: Duration = Duration::from_millis(500);

/// The same while the line is down: they know not to trust what they have.
const PATIENCE_WITHOUT_LINE: Duration = Duration::from_millis(50);

/// How long what is shared may take to be forgotten.
const FORGETTING: Duration = Duration::from_millis(500);

/// How long a signal may take, with the half second for those who do not say that they heard it.
const SENDING: Duration = Duration::from_secs(1);

/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(100);

/// Most changes that are told again. What is beyond is left to the age of the entries.
const RETRIES: usize = 1_024;

#[derive(Clone)]
pub(crate) struct Announcer {
    local: Arc<LocalCache>,
    signals: Arc<dyn Signals>,
    shared: Option<Arc<dyn SessionCache>>,
    retries: Arc<Semaphore>,
}

impl Announcer {
    pub(crate) fn new(
        local: Arc<LocalCache>,
        signals: Arc<dyn Signals>,
        shared: Option<Arc<dyn SessionCache>>,
    ) -> Self {
        Self { local, signals, shared, retries: Arc::new(Semaphore::new(RETRIES)) }
    }

    /// Makes a change, and tells of it however it ended: an error may hide that it happened. The caller has the answer
    /// when everybody has heard of it; nobody waits for the workers to wake.
    ///
    /// It goes on when the caller goes away, for what was begun in the store may still be done.
    ///
    /// # Errors
    /// Those of the change. That others could not be told is no error.
    pub(crate) async fn around<T, F>(&self, changed: Vec<Signal>, change: F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
        T: Send + 'static,
    {
        let is_waited_for = changed.iter().any(|signal| *signal != Signal::MailWaiting);
        if changed.is_empty() {
            return change.await;
        }
        let announcer = self.clone();
        let told = async move {
            // A task of its own, so that a panic is an end like any other.
            let ended = tokio::spawn(change.in_current_span()).await;
            announcer.local.forget(&changed);
            let patience = if announcer.local.is_trusted() { PATIENCE } else { PATIENCE_WITHOUT_LINE };
            let telling = tokio::spawn(announcer.announce(changed, is_waited_for).in_current_span());
            if is_waited_for {
                // When it takes longer it goes on alone.
                let _ = timeout(patience, telling).await;
            }
            ended.unwrap_or_else(|error| Err(StoreError::unavailable(error)))
        };
        let ended = tokio::spawn(told.in_current_span()).await;
        ended.unwrap_or_else(|error| Err(StoreError::unavailable(error)))
    }

    /// Tells until it worked, or until nobody can have an entry any more from before the change.
    async fn announce(self, changed: Vec<Signal>, is_waited_for: bool) {
        let start = Instant::now();
        let mut permit = None;
        loop {
            let Err(error) = self.announce_once(&changed, is_waited_for).await else { return };
            permit = permit.or_else(|| self.retries.try_acquire().ok());
            if permit.is_none() || start.elapsed() + PAUSE >= LIFE {
                // While our own line is down, that was said once and is no news with each change.
                if self.local.is_trusted() {
                    tracing::warn!(%error, "other instances were not told of a change");
                }
                return;
            }
            sleep(PAUSE).await;
        }
    }

    async fn announce_once(&self, changed: &[Signal], is_waited_for: bool) -> Result<(), StoreError> {
        // In this order: whoever hears a signal must not find again what was shared before the change. When it cannot be
        // forgotten, or not in time, the signal still voids what others have at hand.
        let forgotten = match &self.shared {
            Some(shared) => bounded(FORGETTING, shared.forget(changed)).await,
            None => Ok(()),
        };
        if is_waited_for {
            bounded(SENDING, self.signals.send(changed)).await?;
        } else {
            bounded(SENDING, self.signals.tell(changed)).await?;
        }
        forgotten
    }
}

async fn bounded(
    patience: Duration,
    step: impl Future<Output = Result<(), StoreError>>,
) -> Result<(), StoreError> {
    timeout(patience, step).await.unwrap_or_else(|late| Err(StoreError::unavailable(late)))
}

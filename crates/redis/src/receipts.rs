//! Who waits until others have heard what was sent. Every wait is bounded, and one instance that keeps silent does not
//! slow every change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// How long others may take to say that they have heard it.
const PATIENCE: Duration = Duration::from_millis(500);

/// The same as long as one of them keeps silent. It answers no requests either; when it goes on its line has to be proven
/// first, and by then it has heard everything.
const PATIENCE_WITH_SILENT: Duration = Duration::from_millis(50);

/// The receipts that are expected for what one instance sent.
#[derive(Default)]
pub(crate) struct Receipts(Mutex<State>);

#[derive(Default)]
struct State {
    latest: u64,
    /// Each receipt is a permit; it may come before it is known how many there will be.
    expected: HashMap<u64, Arc<Semaphore>>,
    /// Whether somebody kept silent, and was not heard of since.
    is_silent: bool,
}

/// One message, from before it is sent.
pub(crate) struct Expected<'a> {
    pub(crate) number: u64,
    receipts: &'a Receipts,
    heard: Arc<Semaphore>,
}

impl Receipts {
    /// A new message.
    pub(crate) fn expect(&self) -> Expected<'_> {
        let heard = Arc::new(Semaphore::new(0));
        let mut state = self.lock();
        state.latest += 1;
        let number = state.latest;
        state.expected.insert(number, heard.clone());
        Expected { number, receipts: self, heard }
    }

    /// Somebody heard the message of this number.
    pub(crate) fn heard(&self, number: u64) {
        let mut state = self.lock();
        match state.expected.get(&number) {
            Some(heard) => heard.add_permits(1),
            // It is late: who was silent is back, or was only slow and is worth waiting for.
            None => state.is_silent = false,
        }
    }

    /// No receipt will arrive for what was sent until now.
    pub(crate) fn give_up(&self) {
        self.lock().expected.values().for_each(|heard| heard.close());
    }

    fn set_silent(&self, is_silent: bool) {
        let was_silent = std::mem::replace(&mut self.lock().is_silent, is_silent);
        if is_silent && !was_silent {
            tracing::warn!("an instance that listens does not say that it heard of a change");
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Expected<'_> {
    /// Waits until so many have heard it.
    pub(crate) async fn all(self, receivers: u32) {
        let patience = if self.receipts.lock().is_silent { PATIENCE_WITH_SILENT } else { PATIENCE };
        match timeout(patience, self.heard.acquire_many(receivers)).await {
            Ok(Ok(_)) => self.receipts.set_silent(false),
            Ok(Err(_given_up)) => {}
            Err(_late) => self.receipts.set_silent(true),
        }
    }
}

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        self.receipts.lock().expected.remove(&self.number);
    }
}

//! `Signals` in process: whoever sends returns when everybody has heard it. Serves one process; tests make several
//! instances of it and break their lines.

use async_trait::async_trait;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{Signal, SignalListener, Signals};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Nothing in between can be lost, so a proof of the line is good for longer than any process lives.
const ALWAYS: Duration = Duration::from_secs(100 * 365 * 86_400);

/// One instance among those that hear each other; a clone is another handle on it.
#[derive(Clone)]
pub struct MemorySignals {
    hub: Arc<Mutex<Vec<Line>>>,
    instance: usize,
}

struct Line {
    is_up: bool,
    is_mute: bool,
    listeners: Vec<Arc<dyn SignalListener>>,
}

impl Line {
    fn new() -> Self {
        Self { is_up: true, is_mute: false, listeners: Vec::new() }
    }

    fn report(&self, listener: &dyn SignalListener) {
        listener.line_changed(self.is_up);
        if self.is_up {
            listener.line_proven(Instant::now() + ALWAYS);
        }
    }
}

impl Default for MemorySignals {
    fn default() -> Self {
        Self { hub: Arc::new(Mutex::new(vec![Line::new()])), instance: 0 }
    }
}

impl MemorySignals {
    /// Another instance that hears this one, and is heard by it.
    #[must_use]
    pub fn instance(&self) -> Self {
        let mut lines = self.lock();
        lines.push(Line::new());
        Self { hub: self.hub.clone(), instance: lines.len() - 1 }
    }

    /// Breaks the line of this instance, or mends it. While it is broken nothing is heard here.
    pub fn set_line(&self, is_up: bool) {
        if let Some(line) = self.lock().get_mut(self.instance).filter(|line| line.is_up != is_up) {
            line.is_up = is_up;
            line.listeners.iter().for_each(|listener| line.report(listener.as_ref()));
        }
    }

    /// Lets every sending of this instance fail, or no longer.
    pub fn set_mute(&self, is_mute: bool) {
        if let Some(line) = self.lock().get_mut(self.instance) {
            line.is_mute = is_mute;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Line>> {
        self.hub.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Signals for MemorySignals {
    async fn send(&self, signals: &[Signal]) -> Result<(), StoreError> {
        let lines = self.lock();
        if lines.get(self.instance).is_some_and(|line| line.is_mute) {
            return Err(StoreError::unavailable("a test asked for this failure"));
        }
        for listener in lines.iter().filter(|line| line.is_up).flat_map(|line| &line.listeners) {
            signals.iter().for_each(|signal| listener.heard(signal));
        }
        Ok(())
    }

    fn listen(&self, listener: Arc<dyn SignalListener>) {
        if let Some(line) = self.lock().get_mut(self.instance) {
            line.report(listener.as_ref());
            line.listeners.push(listener);
        }
    }
}

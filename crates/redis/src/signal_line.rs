//! Who listens on the line, and what they are told: one at a time, each change of its state once.

use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{Signal, SignalListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The state of the line, shown as `evently_auth_signal_line_up`.
#[derive(Default)]
pub(crate) struct Line(Mutex<State>);

#[derive(Default)]
struct State {
    /// Until when the line, which is up, is proven.
    proven: Option<Instant>,
    /// Whether the log was told of the line since it was lost.
    is_told: bool,
    listeners: Vec<Arc<dyn SignalListener>>,
}

impl Line {
    /// Tells `listener` what the state is, and from now on what happens.
    pub(crate) fn add(&self, listener: Arc<dyn SignalListener>) {
        let mut state = self.lock();
        listener.line_changed(state.proven.is_some());
        if let Some(until) = state.proven {
            listener.line_proven(until);
        }
        state.listeners.push(listener);
    }

    /// Whether it is.
    pub(crate) fn is_up(&self) -> bool {
        self.lock().proven.is_some()
    }

    /// Something was said on it. Every listener has heard it when this returns.
    pub(crate) fn hear(&self, signals: &[Signal]) {
        let state = self.lock();
        for listener in &state.listeners {
            signals.iter().for_each(|signal| listener.heard(signal));
        }
    }

    /// It is up, and good until then.
    pub(crate) fn proven(&self, until: Instant) {
        let mut state = self.lock();
        if state.proven.replace(until).is_none() {
            if state.is_told {
                tracing::info!("the line between instances is up again");
            }
            state.is_told = false;
            metrics::gauge!("evently_auth_signal_line_up").set(1);
            state.listeners.iter().for_each(|listener| listener.line_changed(true));
        }
        state.listeners.iter().for_each(|listener| listener.line_proven(until));
    }

    /// It is down, or still is.
    pub(crate) fn lost(&self, error: &StoreError) {
        let mut state = self.lock();
        if !state.is_told {
            tracing::warn!(%error, "the line between instances is down; sessions are read from the database");
        }
        state.is_told = true;
        metrics::gauge!("evently_auth_signal_line_up").set(0);
        if state.proven.take().is_some() {
            state.listeners.iter().for_each(|listener| listener.line_changed(false));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Wakes the worker when a mail waits, and knows whether it would.

use evently_auth_domain::ports::{Signal, SignalListener};
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// Rings when a mail waits; rings that nobody waited for become one.
#[derive(Default)]
pub(crate) struct Bell {
    rings: Notify,
    is_up: AtomicBool,
}

impl Bell {
    /// Waits for the next ring.
    pub(crate) async fn rung(&self) {
        self.rings.notified().await;
    }

    /// Whether every mail rings.
    pub(crate) fn is_up(&self) -> bool {
        self.is_up.load(Ordering::Acquire)
    }
}

impl SignalListener for Bell {
    fn heard(&self, signal: &Signal) {
        match signal {
            Signal::MailWaiting => self.rings.notify_one(),
            Signal::SessionChanged(_) | Signal::UserChanged(_) => {}
        }
    }

    /// Rings, because mails may have come unheard, and because the pace of looking changes.
    fn line_changed(&self, is_up: bool) {
        self.is_up.store(is_up, Ordering::Release);
        self.rings.notify_one();
    }
}

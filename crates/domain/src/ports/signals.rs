use crate::account::UserId;
use crate::error::StoreError;
use crate::session::Sid;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Instant;

/// What instances tell each other, at once and without keeping it: whoever listens must do without while the line is
/// down.
///
/// - What is sent while the line of a listener is up is heard by it, in the order of the sender.
/// - A line that may have lost something is reported as down, within a second of the loss, and before it is up again.
/// - A line that is up was proven: what was sent before the proof began has been heard.
#[async_trait]
pub trait Signals: Send + Sync {
    /// Tells every instance, this one too. When it returns `Ok`, every instance whose line is up has heard it: each of
    /// its listeners was called and returned.
    ///
    /// Two exceptions: while the line of the sender is down it cannot know, and returns when it has told them; and an
    /// instance that keeps silent, as one that was frozen, is waited for half a second at most, and a moment only when it
    /// was silent before.
    ///
    /// # Errors
    /// When they cannot be told; some may have heard it.
    async fn send(&self, signals: &[Signal]) -> Result<(), StoreError>;

    /// The same without waiting until they have heard it: for what nobody is refused by.
    ///
    /// # Errors
    /// As [`Signals::send`].
    async fn tell(&self, signals: &[Signal]) -> Result<(), StoreError> {
        self.send(signals).await
    }

    /// From now on hands what is heard to `listener`; begins with the state of the line.
    fn listen(&self, listener: Arc<dyn SignalListener>);
}

/// Something happened that other instances want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// A session is no longer as it was.
    SessionChanged(Sid),
    /// An account, or which sessions it has, is no longer as it was.
    UserChanged(UserId),
    /// A mail waits to be sent.
    MailWaiting,
}

/// Who hears signals; called one at a time, and must not block.
pub trait SignalListener: Send + Sync {
    /// A signal.
    fn heard(&self, signal: &Signal);

    /// Whether the line is up; while it is down, signals are lost.
    fn line_changed(&self, is_up: bool);

    /// The line is up and what it carried was heard; whoever must not miss a signal may rely on that `until` then, and no
    /// longer: a process that was suspended wakes up before it can know what became of its line. Comes with each
    /// `line_changed(true)` and again and again after it.
    fn line_proven(&self, until: Instant) {
        let _ = until;
    }
}

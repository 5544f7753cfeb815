//! What the sink does at each stage of a conversation; the test changes it at any time.

use std::sync::{Mutex, PoisonError};

/// A point in a conversation, just before the sink would go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// A client connected; nothing was said, not even TLS.
    Connect,
    /// `EHLO` or `HELO` came.
    Hello,
    /// `STARTTLS` came.
    StartTls,
    /// `AUTH` came.
    Auth,
    /// `MAIL FROM` came.
    Sender,
    /// `RCPT TO` came.
    Recipient,
    /// `DATA` came.
    Data,
    /// The final dot came; the mail was not taken.
    Content,
    /// The mail was taken; the client does not know.
    Taken,
}

/// What is done instead of going on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reaction {
    /// This answer, such as `550 5.1.1 no such user`. After a 421, and in place of the greeting, the connection
    /// ends.
    Answer(String),
    /// Silence, for as long as the client waits.
    Hang,
    /// The connection ends without a word.
    Drop,
}

impl Reaction {
    /// [`Reaction::Answer`] with this text.
    pub fn answer(text: &str) -> Self {
        Self::Answer(text.to_owned())
    }
}

/// All that the sink was told.
#[derive(Default)]
pub(super) struct Behaviour(Mutex<Vec<Rule>>);

struct Rule {
    stage: Stage,
    pattern: Option<String>,
    reaction: Reaction,
}

impl Behaviour {
    pub(super) fn add(&self, stage: Stage, pattern: Option<String>, reaction: Reaction) {
        self.rules().push(Rule { stage, pattern, reaction });
    }

    pub(super) fn clear(&self) {
        self.rules().clear();
    }

    /// What to do at `stage` of a mail to `recipients`; `None` is to go on.
    pub(super) fn at(&self, stage: Stage, recipients: &[String]) -> Option<Reaction> {
        let applies = |rule: &&Rule| {
            rule.stage == stage
                && rule.pattern.as_ref().is_none_or(|pattern| {
                    recipients.iter().any(|recipient| recipient.contains(pattern.as_str()))
                })
        };
        self.rules().iter().rev().find(applies).map(|rule| rule.reaction.clone())
    }

    fn rules(&self) -> std::sync::MutexGuard<'_, Vec<Rule>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

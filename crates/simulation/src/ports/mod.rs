//! The ports of a world, each behind the gate.

mod audit_log;
mod codes;
mod outbox;
pub(crate) mod outside;
mod rate_limits;
mod sessions;
mod users;

use crate::gate::Gate;
use evently_auth_domain::account::EmailAddress;
use evently_auth_domain::code::{CodeMac, CodeSlot};
use evently_auth_domain::mail::{MailId, MailKind};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A port whose calls pass the gate.
pub(crate) struct Gated<P> {
    pub(crate) port: P,
    pub(crate) gate: Gate,
    pub(crate) ledger: Ledger,
}

/// What passed the gates and would be hard to find later; a clone is another handle.
#[derive(Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<Entries>>);

#[derive(Default)]
pub(crate) struct Entries {
    /// Every code that was ever put.
    pub(crate) codes: Vec<(CodeSlot, CodeMac)>,
    /// Every mail that was ever claimed, by its Message-ID.
    pub(crate) mails: BTreeMap<String, Mailed>,
    /// Mails that a worker knows to be settled as sent.
    pub(crate) sent: BTreeSet<MailId>,
}

/// A mail as its envelope shows it.
pub(crate) struct Mailed {
    pub(crate) id: MailId,
    pub(crate) request_id: String,
    pub(crate) kind: MailKind,
    pub(crate) to: EmailAddress,
}

impl Ledger {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Mistakes that somebody could make, one at a time, planted to see whether the simulation finds them.

mod codes;
mod limits;
mod mails;
mod sessions;

use crate::gate::Gate;
use crate::ports::{Gated, Ledger};
use evently_auth_domain::Ports;
use std::sync::Arc;

/// A mistake in a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// `rotate` reads the session and moves it on from wherever it is, instead of from the generation it was told.
    RotatesFromAnywhere,
    /// `check` compares first and counts afterwards, in two steps.
    ComparesBeforeCounting,
    /// `check` counts nothing when the code is wrong.
    ForgetsWrongGuesses,
    /// A logout ends the copy of the session in a cache, and not the session.
    LogsOutOfTheCache,
    /// The mails of a registration are written after it, and nobody looks whether that worked.
    MailsAfterwards,
    /// A limit is looked at first and counted afterwards.
    LooksBeforeCounting,
    /// A session that could not be looked up is taken for one that is not there.
    TakesFailureForAbsence,
}

pub(crate) fn plant(bug: Bug, ports: &mut Ports, gate: &Gate, ledger: &Ledger) {
    match bug {
        Bug::RotatesFromAnywhere | Bug::LogsOutOfTheCache | Bug::TakesFailureForAbsence => {
            ports.sessions =
                Arc::new(sessions::Careless::new(bug, ports.sessions.clone(), ports.clock.clone()));
        }
        Bug::ComparesBeforeCounting | Bug::ForgetsWrongGuesses => {
            let port = codes::Careless::new(bug, gate.clone(), ports.clock.clone());
            ports.codes = Arc::new(Gated { port, gate: gate.clone(), ledger: ledger.clone() });
        }
        Bug::MailsAfterwards => {
            ports.users =
                Arc::new(mails::Afterwards { users: ports.users.clone(), outbox: ports.outbox.clone() });
        }
        Bug::LooksBeforeCounting => {
            ports.rate_limits = Arc::new(limits::LooksFirst(ports.rate_limits.clone()));
        }
    }
}

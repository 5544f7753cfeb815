//! Rows that were sealed long after they were written.
//!
//! That is no fault: it is what is left of a time when no worker sealed. It is also what is left when somebody removed
//! all seals and had the rest sealed anew; who knows when the workers were away can tell.

use crate::Timestamp;
use crate::audit::{AuditPlace, AuditSeal};
use chrono::{SecondsFormat, TimeDelta};
use std::fmt;

/// Rows are sealed within seconds; workers that are away for less than this are not worth a word.
const LATE: TimeDelta = TimeDelta::hours(1);

/// Seals in a row, each with a row that was written long before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LateSeals {
    /// The first and the last of them.
    pub seals: (i64, i64),
    /// The oldest row.
    pub row: i64,
    /// When it was written.
    pub written: Timestamp,
    /// When the last of the seals was made.
    pub sealed: Timestamp,
}

impl fmt::Display for LateSeals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |time: Timestamp| time.to_rfc3339_opts(SecondsFormat::Secs, true);
        let (row, written, sealed) = (self.row, time(self.written), time(self.sealed));
        match self.seals {
            (from, to) if from == to => write!(f, "seal {from} of {sealed} covers row {row} of {written}"),
            (from, to) => {
                write!(f, "seals {from} to {to} of {sealed} cover row {row} of {written} and later ones")
            }
        }
    }
}

/// Adds `seal`, whose oldest row is `oldest`, if it is late.
pub(super) fn note(late: &mut Vec<LateSeals>, seal: &AuditSeal, oldest: AuditPlace) {
    let (written, row) = oldest;
    if seal.at - written <= LATE {
        return;
    }
    match late.last_mut().filter(|last| last.seals.1 == seal.number - 1) {
        Some(last) => {
            (last.seals.1, last.sealed) = (seal.number, seal.at);
            if written < last.written {
                (last.row, last.written) = (row, written);
            }
        }
        None => late.push(LateSeals { seals: (seal.number, seal.number), row, written, sealed: seal.at }),
    }
}

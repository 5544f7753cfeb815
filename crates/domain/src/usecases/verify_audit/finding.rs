//! What is wrong with an audit, in words.

use crate::audit::AuditLink;
use std::fmt;

/// One thing that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditFinding {
    /// The row does not say what it said.
    RowChanged(i64),
    /// The row is gone.
    RowRemoved(i64),
    /// The row was not there when its seal was made, is a copy of an older one, or is from before the cut.
    RowInserted(i64),
    /// The row stands where another one stood.
    RowReordered(i64),
    /// Rows were cut off together with the seals that named them.
    TailRemoved {
        /// The highest id that is left.
        after: i64,
        /// The highest id that was sealed.
        until: i64,
    },
    /// The seal is not the one that was made.
    SealChanged(i64),
    /// The seal was not made here, or is from before the cut.
    SealInserted(i64),
    /// Seals are gone.
    SealsRemoved {
        /// The first.
        from: i64,
        /// The last.
        to: i64,
    },
    /// What was cut by age did not verify when it was cut.
    CutTampered,
    /// The start of the chain is not where we put it: what came before may have been removed by anybody.
    StartForged,
    /// The end of the chain is not where we put it.
    EndForged,
    /// The end of the chain is gone.
    EndRemoved,
    /// The end of the chain stands where it stood before.
    EndSetBack,
    /// The seal that was expected is not there.
    NotThere(AuditLink),
    /// There is another seal in place of the one that was expected.
    NotAsExpected(AuditLink),
    /// The seal that was expected is older than what is kept, so that nothing can be said about it.
    ExpectedWasCut(AuditLink),
}

impl fmt::Display for AuditFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RowChanged(id) => write!(f, "row {id} was changed"),
            Self::RowRemoved(id) => write!(f, "row {id} was removed"),
            Self::RowInserted(id) => write!(f, "row {id} was inserted"),
            Self::RowReordered(id) => write!(f, "row {id} was reordered"),
            Self::TailRemoved { after, until } if until - after == 1 => {
                write!(f, "row {until} was removed with its seal")
            }
            Self::TailRemoved { after, until } => write!(
                f,
                "row {} and what followed it, up to row {until}, were removed with their seals",
                after + 1
            ),
            Self::SealChanged(number) => write!(f, "seal {number} was changed"),
            Self::SealInserted(number) => write!(f, "seal {number} was inserted"),
            Self::SealsRemoved { from, to } if from == to => write!(f, "seal {from} was removed"),
            Self::SealsRemoved { from, to } => write!(f, "seals {from} to {to} were removed"),
            Self::CutTampered => f.write_str(
                "what was cut by age had been tampered with: see the events audit.cut that failed",
            ),
            Self::StartForged => f.write_str("the start of the chain was forged: rows before it may be gone"),
            Self::EndForged => f.write_str("the end of the chain was forged: rows behind it may be gone"),
            Self::EndRemoved => f.write_str("the end of the chain was removed: rows before it may be gone"),
            Self::EndSetBack => f.write_str("the end of the chain was set back"),
            Self::NotThere(link) => write!(f, "seal {} is expected and not there", link.number),
            Self::NotAsExpected(link) => write!(f, "seal {} is not the one that is expected", link.number),
            Self::ExpectedWasCut(link) => {
                write!(f, "seal {} is expected and was cut by age: expect a later one", link.number)
            }
        }
    }
}

//! Holding the audit against its digests and seals: what was tampered with is named.

use crate::Auth;
use crate::audit::{AuditMac, AuditRecord, AuditSeal};
use crate::error::StoreError;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

const PAGE: u32 = 500;

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// Rows that were looked at.
    pub rows: u64,
    /// Seals that were looked at.
    pub seals: u64,
    /// What is wrong, in the order of the chain; empty when nothing is.
    pub findings: Vec<AuditFinding>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditFinding {
    /// The row does not say what it said.
    RowChanged(i64),
    /// The row is gone.
    RowRemoved(i64),
    /// The row was not there when its seal was made.
    RowInserted(i64),
    /// The row stands where another one stood.
    RowReordered(i64),
    /// The seal is not the one that was made.
    SealChanged(i64),
    /// The seal is gone.
    SealRemoved(i64),
}

impl fmt::Display for AuditFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RowChanged(id) => write!(f, "row {id} was changed"),
            Self::RowRemoved(id) => write!(f, "row {id} was removed"),
            Self::RowInserted(id) => write!(f, "row {id} was inserted"),
            Self::RowReordered(id) => write!(f, "row {id} was reordered"),
            Self::SealChanged(number) => write!(f, "seal {number} was changed"),
            Self::SealRemoved(number) => write!(f, "seal {number} was removed"),
        }
    }
}

/// How far along the chain a verification is.
#[derive(Default)]
struct Chain {
    number: i64,
    mac: Option<AuditMac>,
}

impl Auth {
    /// Verifies every row and every seal.
    ///
    /// # Errors
    /// When the audit is away.
    pub async fn verify_audit(&self) -> Result<AuditReport, StoreError> {
        let mut report = AuditReport::default();
        let mut chain = Chain::default();
        self.verify_seals(&mut chain, &mut report).await?;
        let unknown = self.verify_tail(chain.number, &mut report).await?;
        // Seals that were made meanwhile are there now; those that are still unknown are gone.
        self.verify_seals(&mut chain, &mut report).await?;
        let removed = unknown.into_iter().filter(|number| *number > chain.number);
        report.findings.extend(removed.map(AuditFinding::SealRemoved));
        Ok(report)
    }

    /// Goes on along the chain to its end.
    async fn verify_seals(&self, chain: &mut Chain, report: &mut AuditReport) -> Result<(), StoreError> {
        loop {
            let seals = self.ports.audit_log.seals(chain.number, PAGE).await?;
            if seals.is_empty() {
                return Ok(());
            }
            for seal in seals {
                report.findings.extend((chain.number + 1..seal.number).map(AuditFinding::SealRemoved));
                // After a gap there is nothing to hold the link against; its rows still are.
                let follows = seal.number == chain.number + 1;
                if follows && !self.keys.audit.proves_seal(chain.mac, &seal) {
                    report.findings.push(AuditFinding::SealChanged(seal.number));
                }
                let rows = self.ports.audit_log.rows_of(seal.number).await?;
                report.rows += rows.len() as u64;
                report.seals += 1;
                self.verify_rows(&seal, &rows, &mut report.findings);
                *chain = Chain { number: seal.number, mac: Some(seal.mac) };
            }
        }
    }

    fn verify_rows(&self, seal: &AuditSeal, rows: &[AuditRecord], findings: &mut Vec<AuditFinding>) {
        let mut found: BTreeMap<i64, &AuditRecord> = rows.iter().map(|row| (row.id, row)).collect();
        for (id, mac) in &seal.rows {
            let Some(row) = found.remove(id) else {
                findings.push(AuditFinding::RowRemoved(*id));
                continue;
            };
            if !self.keys.audit.proves_row(row) {
                findings.push(AuditFinding::RowChanged(*id));
            } else if row.mac != *mac {
                // Genuine, but not this one: rows changed places.
                findings.push(AuditFinding::RowReordered(*id));
            }
        }
        findings.extend(found.into_keys().map(AuditFinding::RowInserted));
    }

    /// Looks at the rows that no seal covers; says which seals above `last_seal` rows speak of.
    async fn verify_tail(
        &self,
        last_seal: i64,
        report: &mut AuditReport,
    ) -> Result<BTreeSet<i64>, StoreError> {
        let mut after = 0;
        let mut unknown = BTreeSet::new();
        loop {
            let rows = self.ports.audit_log.rows(after, PAGE).await?;
            let Some(end) = rows.last() else { return Ok(unknown) };
            after = end.id;
            for row in rows {
                if let Some(number) = row.sealed_by {
                    unknown.extend(last_seal + 1..=number);
                    continue;
                }
                report.rows += 1;
                if !self.keys.audit.proves_row(&row) {
                    report.findings.push(AuditFinding::RowChanged(row.id));
                }
            }
        }
    }
}

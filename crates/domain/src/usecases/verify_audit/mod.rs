//! Holding the audit against its digests, its seals and the two ends of their chain: what was tampered with is named.
//!
//! Everything that was sealed is accounted for. What nobody can see from inside is the whole of it set back to an older
//! state: for that, a seal that somebody wrote down is held against it ([`Auth::verify_seal`]).

mod finding;
mod late;
mod rows;
mod walk;

pub use finding::AuditFinding;
pub use late::LateSeals;
pub(crate) use walk::Walk;

use crate::Auth;
use crate::audit::{AuditEnd, AuditEnds, AuditSide};
use crate::error::StoreError;

const PAGE: u32 = 500;

/// How often a verification is tried while rows are being cut.
const TRIES: u32 = 3;

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// Rows that were looked at.
    pub rows: u64,
    /// Seals that were looked at.
    pub seals: u64,
    /// Where the chain begins, if something was cut and we cut it.
    pub start: Option<AuditEnd>,
    /// The end of the chain as it is kept, if we put it there.
    pub end: Option<AuditEnd>,
    /// Rows that were sealed long after they were written: nobody sealed for that long, or they were sealed anew.
    pub late: Vec<LateSeals>,
    /// What is wrong, in the order of the chain; empty when nothing is.
    pub findings: Vec<AuditFinding>,
}

impl Auth {
    /// Verifies every row, every seal and both ends.
    ///
    /// # Errors
    /// When the audit is away, or so much is being cut by age that nothing can be said about it yet.
    pub async fn verify_audit(&self) -> Result<AuditReport, StoreError> {
        for _ in 0..TRIES {
            let before = self.ports.audit_log.ends().await?;
            let (report, after) = self.verify_between(before).await?;
            // What retention took away meanwhile looks like rows and seals that are gone.
            let place = |start: Option<AuditEnd>| start.map(|start| start.link.number);
            let is_cut = place(self.proven(AuditSide::Start, after.start)) > place(report.start);
            if report.findings.is_empty() || !is_cut {
                return Ok(report);
            }
        }
        Err(StoreError::contention("rows of the audit are being cut by age: try again in a minute"))
    }

    async fn verify_between(&self, before: AuditEnds) -> Result<(AuditReport, AuditEnds), StoreError> {
        let start = self.proven(AuditSide::Start, before.start);
        let end = self.proven(AuditSide::End, before.end);
        let mut walk = Walk::new(start, end);
        if before.start.is_some() && start.is_none() {
            walk.findings.push(AuditFinding::StartForged);
        }
        if start.is_some_and(|start| self.keys.audit.is_tainted(&start)) {
            walk.findings.push(AuditFinding::CutTampered);
        }
        self.verify_seals(&mut walk, i64::MIN).await?;
        let marked = self.verify_tail(&mut walk).await?;
        // Seals that were made meanwhile are there now; those that are still unknown are gone.
        let place = walk.place.number;
        self.verify_seals(&mut walk, place).await?;
        let after = self.ports.audit_log.ends().await?;
        self.verify_end(&mut walk, marked, after.end);
        let Walk { rows, seals, late, findings, .. } = walk;
        let end = self.proven(AuditSide::End, after.end);
        Ok((AuditReport { rows, seals, start, end, late, findings }, after))
    }

    pub(super) fn proven(&self, side: AuditSide, end: Option<AuditEnd>) -> Option<AuditEnd> {
        end.filter(|end| self.keys.audit.proves_end(side, end))
    }

    /// Goes on over the seals with numbers above `after`, to the last.
    async fn verify_seals(&self, walk: &mut Walk, mut after: i64) -> Result<(), StoreError> {
        loop {
            let seals = self.ports.audit_log.seals(after, PAGE).await?;
            let Some(last) = seals.last() else { return Ok(()) };
            after = last.number;
            for seal in &seals {
                self.walk_over(walk, seal).await?;
            }
        }
    }

    /// Looks at the rows that none of the seals covers; says the highest seal that any row speaks of.
    async fn verify_tail(&self, walk: &mut Walk) -> Result<i64, StoreError> {
        let (mut after, mut marked) = (i64::MIN, 0);
        let from = walk.start.map_or(0, |start| start.link.number);
        loop {
            let rows = self.ports.audit_log.rows(after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(marked) };
            after = last.id;
            for row in &rows {
                let number = row.sealed_by.unwrap_or(0);
                marked = marked.max(number);
                // From before the cut, or marked with what is the number of no seal.
                if row.sealed_by.is_some() && number <= from {
                    walk.findings.push(AuditFinding::RowInserted(row.id));
                    continue;
                }
                let is_orphan = number > walk.place.number
                    || walk.gaps.iter().any(|(from, to)| (*from..=*to).contains(&number));
                if is_orphan {
                    walk.last_row = walk.last_row.max(row.id);
                }
                if is_orphan || row.sealed_by.is_none() {
                    walk.rows += 1;
                    self.verify_row(walk, row).await?;
                }
            }
        }
    }

    /// Holds the end of the chain against the seals that were found, `marked` being the highest that a row speaks of.
    fn verify_end(&self, walk: &mut Walk, marked: i64, now: Option<AuditEnd>) {
        if let Some(end) =
            walk.end.filter(|end| end.link.number > walk.place.number && end.last_row > walk.last_row)
        {
            let (after, until) = (walk.last_row, end.last_row);
            walk.findings.push(AuditFinding::TailRemoved { after, until });
        }
        walk.miss_until(marked.max(walk.end.map_or(0, |end| end.link.number)));
        match (now, self.proven(AuditSide::End, now)) {
            (Some(_), None) => walk.findings.push(AuditFinding::EndForged),
            // A cut leaves a seal, and with it an end.
            (None, _) if walk.has_kept_its_end || walk.start.is_some() => {
                walk.findings.push(AuditFinding::EndRemoved);
            }
            (Some(_), Some(end)) if walk.is_set_back(&end) => walk.findings.push(AuditFinding::EndSetBack),
            _ => {}
        }
    }
}

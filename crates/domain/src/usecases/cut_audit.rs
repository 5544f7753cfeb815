//! Retention: what is older than the audit is kept is cut off at its front, seal by seal, and the cut can be verified.
//!
//! How old something is, only a seal says that proves itself: all that stands before it is at least as old. The start of
//! the chain says, under the key, up to which seal was cut, and the cut is an event of the audit itself. So nobody else's
//! deletion passes for it. What did not verify when it was cut is said there, and by the start from then on.

use super::AuditFinding;
use super::verify_audit::Walk;
use crate::audit::{AuditAction, AuditEnd, AuditEvent, AuditLink, AuditOutcome, AuditSeal, AuditSide};
use crate::effects::Effects;
use crate::error::StoreError;
use crate::{Auth, Timestamp};
use chrono::SecondsFormat;

/// Seals that are looked at for one cut, at most, and how many are read at once.
const SEALS: usize = 200;
const PAGE: u32 = 10;

/// A cut takes no further seal once it has so many rows: few enough to hold nobody up.
const ROWS: u64 = 2_000;

impl Auth {
    /// Removes the seals at the front that are older than the audit is kept (`AUDIT_RETENTION_DAYS`), with their rows;
    /// says how many rows. It goes by whole days in UTC, so that a quiet service does not write one cut after the
    /// other. The last seal always stays.
    ///
    /// # Errors
    /// When the audit is away, or its start or all of its front was tampered with; what was cut before stays cut.
    pub(crate) async fn cut_audit(&self) -> Result<u64, StoreError> {
        let Some(kept) = self.settings.audit_retention else { return Ok(0) };
        let day = (self.now() - kept).date_naive();
        let Some(until) = day.and_hms_opt(0, 0, 0) else { return Ok(0) };
        let mut total = 0;
        while let Some(rows) = self.cut_once(until.and_utc()).await? {
            total += rows;
        }
        Ok(total)
    }

    /// One cut; nothing when there is nothing more to cut, or somebody else is at it.
    async fn cut_once(&self, until: Timestamp) -> Result<Option<u64>, StoreError> {
        let ends = self.ports.audit_log.ends().await?;
        let proven = |side, end: &AuditEnd| self.keys.audit.proves_end(side, end);
        // Without its end, the chain is not cut: nobody could tell whether something is missing there, too.
        let Some(end) = ends.end.filter(|end| proven(AuditSide::End, end)) else { return Ok(None) };
        if ends.start.is_some_and(|start| !proven(AuditSide::Start, &start)) {
            return Err(StoreError::corrupt("the start of the audit was forged, so nothing more is cut"));
        }
        let after = ends.start.map_or(0, |start| start.link.number);
        let Some(cut) = self.find_cut(until, ends.start, end).await? else { return Ok(None) };
        let effects = Effects::audit(self.cut_event(&cut));
        let start = self.keys.audit.end(AuditSide::Start, cut.link, cut.rows, cut.last_row, cut.at);
        let is_tainted = ends.start.is_some_and(|start| self.keys.audit.is_tainted(&start));
        let start = if is_tainted || cut.findings > 0 { self.keys.audit.tainted(start) } else { start };
        let moved = self.ports.audit_log.cut(after, start, effects).await?;
        Ok(moved.then_some(cut.removed))
    }

    /// The seals at the front up to the last one that proves that it is old.
    async fn find_cut(
        &self,
        until: Timestamp,
        start: Option<AuditEnd>,
        end: AuditEnd,
    ) -> Result<Option<Cut>, StoreError> {
        let mut walk = Walk::new(start, Some(end));
        let (mut cut, mut seen) = (None, 0);
        while seen < SEALS {
            let seals = self.ports.audit_log.seals(walk.place.number, PAGE).await?;
            for seal in seals.iter().filter(|seal| seal.number < end.link.number) {
                let before = walk.rows;
                let is_proven = self.walk_over(&mut walk, seal).await?;
                seen += 1;
                if walk.rows - before > seal.rows.len() as u64 + ROWS {
                    return Err(StoreError::corrupt(format!(
                        "seal {} of the audit has rows that it does not know, so nothing more is cut: run audit verify",
                        seal.number
                    )));
                }
                if is_proven && seal.at >= until {
                    return Ok(cut);
                }
                if is_proven {
                    cut = Some(Cut::to(seal, &walk, start));
                }
                if cut.as_ref().is_some_and(|cut| cut.removed >= ROWS) {
                    return Ok(cut);
                }
            }
            if seals.last().is_none_or(|seal| seal.number >= end.link.number) {
                break;
            }
        }
        // Where another worker was quicker, the front is gone rather than tampered with.
        if cut.is_none() && seen > 0 && self.ports.audit_log.ends().await?.start == start {
            return Err(StoreError::corrupt(
                "the front of the audit was tampered with, so that nothing says how old it is: run audit verify",
            ));
        }
        Ok(cut)
    }

    fn cut_event(&self, cut: &Cut) -> AuditEvent {
        let at = cut.at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let mut detail = format!("{} rows up to {at}, seal {}", cut.removed, cut.link);
        let outcome = match cut.first {
            None => AuditOutcome::Success,
            Some(first) => {
                detail.push_str(&format!("; {} findings, the first: {first}", cut.findings));
                AuditOutcome::Failure
            }
        };
        AuditEvent::local(AuditAction::AuditCut, outcome, self.now()).with(detail)
    }
}

/// What is about to be cut.
struct Cut {
    link: AuditLink,
    /// Rows that this cut removes.
    removed: u64,
    /// Rows that were removed when it is done, in all.
    rows: i64,
    last_row: i64,
    /// The time of its newest row.
    at: Timestamp,
    /// How many findings there are in it, and which is the first.
    findings: usize,
    first: Option<AuditFinding>,
}

impl Cut {
    /// All that `walk` saw, of which `seal` is the last.
    fn to(seal: &AuditSeal, walk: &Walk, start: Option<AuditEnd>) -> Self {
        let before = start.map_or(0, |start| start.rows);
        Self {
            link: seal.link(),
            removed: walk.rows,
            rows: before.saturating_add(i64::try_from(walk.rows).unwrap_or(i64::MAX)),
            last_row: walk.last_row,
            at: walk.newest.unwrap_or(seal.at),
            findings: walk.findings.len(),
            first: walk.findings.first().copied(),
        }
    }
}

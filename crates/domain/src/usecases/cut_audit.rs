//! Retention: what is older than the audit is kept is cut off at its front, seal by seal, and the cut can be verified.
//!
//! The start of the chain says, under the key, up to which seal was cut, and the cut is an event of the audit itself. So
//! nobody else's deletion passes for it. What did not verify when it was cut is said there as well.

use super::verify_audit::Walk;
use crate::audit::{
    AuditAction, AuditEnd, AuditEvent, AuditLink, AuditOutcome, AuditRecord, AuditSeal, AuditSide,
};
use crate::effects::Effects;
use crate::error::StoreError;
use crate::{Auth, Timestamp};
use chrono::SecondsFormat;

/// Seals in one cut, at most.
const SEALS: u32 = 200;

/// A cut takes no further seal once it has so many rows: few enough to hold nobody up.
const ROWS: usize = 2_000;

impl Auth {
    /// Removes the seals at the front that are older than the audit is kept (`AUDIT_RETENTION_DAYS`), with their rows;
    /// says how many rows. It goes by whole days in UTC, so that a quiet service does not write one cut after the
    /// other. The last seal always stays.
    ///
    /// # Errors
    /// When the audit is away, or its start was forged; what was cut before stays cut.
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
        let mut walk = Walk::new(ends.start, Some(end));
        let mut cut: Option<Cut> = None;
        for seal in self.ports.audit_log.seals(after, SEALS).await? {
            let rows = self.ports.audit_log.rows_of(seal.number).await?;
            let is_young = seal.at >= until || rows.iter().any(|row| row.event.at >= until);
            let is_enough = cut.as_ref().is_some_and(|cut| cut.removed >= ROWS);
            if seal.number >= end.link.number || is_young || is_enough {
                break;
            }
            self.walk_over(&mut walk, &seal, &rows).await?;
            cut.get_or_insert_with(|| Cut::after(ends.start)).take(&seal, &rows);
        }
        let Some(cut) = cut else { return Ok(None) };
        let start = self.keys.audit.end(AuditSide::Start, cut.link, cut.rows, cut.last_row, cut.newest);
        let effects = Effects::audit(self.cut_event(&cut, &walk));
        let moved = self.ports.audit_log.cut(after, start, effects).await?;
        Ok(moved.then_some(cut.removed as u64))
    }

    fn cut_event(&self, cut: &Cut, walk: &Walk) -> AuditEvent {
        let newest = cut.newest.to_rfc3339_opts(SecondsFormat::Micros, true);
        let mut detail = format!("{} rows up to {newest}, seal {}", cut.removed, cut.link);
        let outcome = match walk.findings.first() {
            None => AuditOutcome::Success,
            Some(first) => {
                detail.push_str(&format!("; {} findings, the first: {first}", walk.findings.len()));
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
    removed: usize,
    /// Rows that were removed when it is done, in all.
    rows: i64,
    last_row: i64,
    newest: Timestamp,
}

impl Cut {
    fn after(start: Option<AuditEnd>) -> Self {
        Self {
            link: AuditLink::NONE,
            removed: 0,
            rows: start.map_or(0, |start| start.rows),
            last_row: start.map_or(0, |start| start.last_row),
            newest: start.map_or(Timestamp::UNIX_EPOCH, |start| start.at),
        }
    }

    fn take(&mut self, seal: &AuditSeal, rows: &[AuditRecord]) {
        self.link = seal.link();
        self.removed += rows.len();
        self.rows = self.rows.saturating_add(i64::try_from(rows.len()).unwrap_or(i64::MAX));
        self.last_row = self.last_row.max(seal.last_row());
        self.newest = rows.iter().map(|row| row.event.at).fold(self.newest, Timestamp::max);
    }
}

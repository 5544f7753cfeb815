//! Going along the chain, seal by seal: each link, and each row under it.

use super::AuditFinding;
use crate::audit::{AuditEnd, AuditFilter, AuditLink, AuditRecord, AuditSeal};
use crate::error::StoreError;
use crate::{Auth, Timestamp};
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// Rows of one time that are held against a possible copy.
const TWINS: u32 = 100;

/// A row that is so much older than what was cut is from before the cut; clocks of instances differ by less.
const CLOCKS: TimeDelta = TimeDelta::hours(1);

/// How far along the chain somebody is, and what was found so far.
pub(crate) struct Walk {
    /// The start of the chain, if something was cut.
    pub(super) start: Option<AuditEnd>,
    /// Where the end of the chain was before the walk began.
    pub(super) end: Option<AuditEnd>,
    /// The last seal, or the start.
    pub(super) place: AuditLink,
    /// Whether a version made the last seal that keeps the end.
    pub(super) has_kept_its_end: bool,
    /// The seals that are not there, by first and last number.
    pub(super) gaps: Vec<(i64, i64)>,
    /// When the last seal was made, and the time of the newest row up to there.
    sealed_at: Option<Timestamp>,
    newest: Option<Timestamp>,
    /// The highest id so far.
    pub(super) last_row: i64,
    pub(super) rows: u64,
    pub(super) seals: u64,
    pub(crate) findings: Vec<AuditFinding>,
}

impl Walk {
    /// Begins after `start`; both ends are proven.
    pub(crate) fn new(start: Option<AuditEnd>, end: Option<AuditEnd>) -> Self {
        Self {
            start,
            end,
            place: start.map_or(AuditLink::NONE, |start| start.link),
            has_kept_its_end: false,
            gaps: Vec::new(),
            sealed_at: None,
            newest: start.map(|start| start.at),
            last_row: start.map_or(0, |start| start.last_row),
            rows: 0,
            seals: 0,
            findings: Vec::new(),
        }
    }

    /// Notes that the seals from the place up to `number` are not there.
    pub(super) fn miss_until(&mut self, number: i64) {
        let from = self.place.number.saturating_add(1);
        if number >= from {
            self.gaps.push((from, number));
            self.findings.push(AuditFinding::SealsRemoved { from, to: number });
        }
    }
}

impl Auth {
    /// Goes on over `seal` and `rows`, which are marked with it.
    pub(crate) async fn walk_over(
        &self,
        walk: &mut Walk,
        seal: &AuditSeal,
        rows: &[AuditRecord],
    ) -> Result<(), StoreError> {
        walk.rows += rows.len() as u64;
        walk.seals += 1;
        if seal.number <= walk.place.number {
            walk.findings.push(AuditFinding::SealInserted(seal.number));
            return Ok(());
        }
        let follows = seal.number - 1 == walk.place.number;
        walk.miss_until(seal.number - 1);
        // After a gap there is nothing to hold the link against; its rows still are.
        let is_other = walk.end.is_some_and(|end| end.link.number == seal.number && end.link != seal.link());
        if is_other || (follows && !self.keys.audit.proves_seal(walk.place.digest, seal)) {
            walk.findings.push(AuditFinding::SealChanged(seal.number));
        }
        walk.has_kept_its_end = !self.keys.audit.is_former(walk.place.digest, seal);
        self.verify_rows(walk, seal, rows).await?;
        walk.place = seal.link();
        walk.sealed_at = Some(seal.at);
        walk.newest = walk.newest.max(rows.iter().map(|row| row.event.at).max());
        walk.last_row = walk.last_row.max(seal.last_row());
        Ok(())
    }

    async fn verify_rows(
        &self,
        walk: &mut Walk,
        seal: &AuditSeal,
        rows: &[AuditRecord],
    ) -> Result<(), StoreError> {
        let mut found: BTreeMap<i64, &AuditRecord> = rows.iter().map(|row| (row.id, row)).collect();
        for (id, mac) in &seal.rows {
            let Some(row) = found.remove(id) else {
                walk.findings.push(AuditFinding::RowRemoved(*id));
                continue;
            };
            if self.verify_row(walk, row).await? && row.mac != *mac {
                // Genuine, but not this one: rows changed places.
                walk.findings.push(AuditFinding::RowReordered(*id));
            }
        }
        walk.findings.extend(found.into_keys().map(AuditFinding::RowInserted));
        Ok(())
    }

    /// Whether a row that stands behind the place says what it said, and stood there from the beginning.
    pub(super) async fn verify_row(&self, walk: &mut Walk, row: &AuditRecord) -> Result<bool, StoreError> {
        let finding = if !self.keys.audit.proves_row(row) {
            AuditFinding::RowChanged(row.id)
        } else if walk.start.is_some_and(|start| row.event.at + CLOCKS < start.at)
            || self.is_copy(walk, row).await?
        {
            AuditFinding::RowInserted(row.id)
        } else {
            return Ok(true);
        };
        walk.findings.push(finding);
        Ok(false)
    }

    /// Whether the same row stands before the last seal as well, digest and all. Only rows that are late for their
    /// place can be copies of what was sealed before.
    async fn is_copy(&self, walk: &Walk, row: &AuditRecord) -> Result<bool, StoreError> {
        let at = row.event.at;
        let late = walk.sealed_at.is_some_and(|sealed| at < sealed)
            && walk.newest.is_some_and(|newest| at <= newest);
        if !late {
            return Ok(false);
        }
        let instant = AuditFilter {
            since: Some(at),
            until: Some(at + TimeDelta::microseconds(1)),
            ..AuditFilter::default()
        };
        let twins = self.ports.audit_log.search(&instant, Some(row.id), TWINS).await?;
        let before = |twin: &AuditRecord| twin.sealed_by.is_some_and(|number| number <= walk.place.number);
        Ok(twins.iter().any(|twin| twin.mac == row.mac && before(twin)))
    }
}

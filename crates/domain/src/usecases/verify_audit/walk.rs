//! Going along the chain, seal by seal.

use super::AuditFinding;
use super::late::{self, LateSeals};
use crate::audit::{AuditEnd, AuditLink, AuditSeal};
use crate::error::StoreError;
use crate::{Auth, Timestamp};
use chrono::TimeDelta;

/// Clocks of instances differ by less, and no row is written for so long.
const CLOCKS: TimeDelta = TimeDelta::hours(1);

/// How far along the chain somebody is, and what was found so far.
pub(crate) struct Walk {
    /// The start of the chain, if something was cut.
    pub(super) start: Option<AuditEnd>,
    /// Where the end of the chain was before the walk began.
    pub(super) end: Option<AuditEnd>,
    /// The last seal, or the start.
    pub(crate) place: AuditLink,
    /// Whether a version made the last seal that keeps the end.
    pub(super) has_kept_its_end: bool,
    /// The seals that are not there, by first and last number.
    pub(super) gaps: Vec<(i64, i64)>,
    /// When the newest seal was made, and the time of the newest row up to there that is as it was.
    pub(super) sealed_at: Option<Timestamp>,
    pub(crate) newest: Option<Timestamp>,
    /// The highest id so far.
    pub(crate) last_row: i64,
    pub(crate) rows: u64,
    pub(super) seals: u64,
    pub(super) late: Vec<LateSeals>,
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
            late: Vec::new(),
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

    /// Whether the chain was longer once than `end` says, or than a cut leaves it.
    pub(super) fn is_set_back(&self, end: &AuditEnd) -> bool {
        self.start.is_some_and(|start| end.is_before_a_cut(&start))
            || (self.has_kept_its_end && end.link.number < self.place.number)
    }

    /// Whether a row of that time, which no seal before the place covers, was cut before and put back: it is as old as
    /// what was cut, and stands behind rows that are much newer. However late they are sealed, rows stand in the order
    /// in which they were written.
    pub(super) fn is_from_before_the_cut(&self, at: Timestamp) -> bool {
        self.start.is_some_and(|start| at <= start.at)
            && self.newest.is_some_and(|newest| at + CLOCKS < newest)
    }
}

impl Auth {
    /// Goes on over `seal` and the rows that are marked with it; says whether the seal proves itself, and with it when
    /// it was made.
    pub(crate) async fn walk_over(&self, walk: &mut Walk, seal: &AuditSeal) -> Result<bool, StoreError> {
        let (listed, others) = self.rows_under(seal).await?;
        walk.rows += (listed.len() + others.len()) as u64;
        walk.seals += 1;
        if seal.number <= walk.place.number {
            walk.findings.push(AuditFinding::SealInserted(seal.number));
            return Ok(false);
        }
        let follows = seal.number - 1 == walk.place.number;
        walk.miss_until(seal.number - 1);
        // After a gap there is nothing to hold the link against; its rows still are.
        let is_other = walk.end.is_some_and(|end| end.link.number == seal.number && end.link != seal.link());
        let is_proven = !is_other && follows && self.keys.audit.proves_seal(walk.place.digest, seal);
        if is_other || (follows && !is_proven) {
            walk.findings.push(AuditFinding::SealChanged(seal.number));
        }
        walk.has_kept_its_end = !self.keys.audit.is_former(walk.place.digest, seal);
        let genuine = self.verify_rows(walk, seal, &listed).await?;
        walk.findings.extend(others.into_iter().map(AuditFinding::RowInserted));
        if let Some((oldest, _)) = genuine.filter(|_| is_proven) {
            late::note(&mut walk.late, seal, oldest);
        }
        walk.place = seal.link();
        walk.sealed_at = walk.sealed_at.max(Some(seal.at));
        walk.newest = walk.newest.max(genuine.map(|(_, (newest, _))| newest));
        walk.last_row = walk.last_row.max(seal.last_row());
        Ok(is_proven)
    }
}

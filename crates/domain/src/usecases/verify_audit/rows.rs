//! The rows of the audit: each as it was written, and at the place where it was sealed.

use super::walk::Walk;
use super::{AuditFinding, PAGE};
use crate::Auth;
use crate::audit::{AuditPlace, AuditRecord, AuditSeal};
use crate::error::StoreError;
use std::collections::{BTreeMap, BTreeSet};

impl Auth {
    /// The rows that are marked with `seal`: those that it lists, and the ids of all others.
    pub(super) async fn rows_under(
        &self,
        seal: &AuditSeal,
    ) -> Result<(BTreeMap<i64, AuditRecord>, Vec<i64>), StoreError> {
        let ids: BTreeSet<i64> = seal.rows.iter().map(|(id, _)| *id).collect();
        let (mut listed, mut others, mut after) = (BTreeMap::new(), Vec::new(), i64::MIN);
        loop {
            let rows = self.ports.audit_log.rows_of(seal.number, after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok((listed, others)) };
            after = last.id;
            let is_last = rows.len() < PAGE as usize;
            for row in rows {
                if ids.contains(&row.id) {
                    listed.insert(row.id, row);
                } else {
                    others.push(row.id);
                }
            }
            if is_last {
                return Ok((listed, others));
            }
        }
    }

    /// Holds `found` against what `seal` lists; says where the oldest and the newest row are that are as they were.
    pub(super) async fn verify_rows(
        &self,
        walk: &mut Walk,
        seal: &AuditSeal,
        found: &BTreeMap<i64, AuditRecord>,
    ) -> Result<Option<(AuditPlace, AuditPlace)>, StoreError> {
        let mut genuine: Option<(AuditPlace, AuditPlace)> = None;
        for (id, mac) in &seal.rows {
            let Some(row) = found.get(id) else {
                walk.findings.push(AuditFinding::RowRemoved(*id));
                continue;
            };
            if !self.verify_row(walk, row).await? {
                continue;
            }
            let place = (row.event.at, row.id);
            genuine = Some(
                genuine.map_or((place, place), |(oldest, newest)| (oldest.min(place), newest.max(place))),
            );
            if row.mac != *mac {
                // Genuine, but not this one: rows changed places.
                walk.findings.push(AuditFinding::RowReordered(*id));
            }
        }
        Ok(genuine)
    }

    /// Whether a row that stands behind the place says what it said, and stood there from the beginning.
    pub(super) async fn verify_row(&self, walk: &mut Walk, row: &AuditRecord) -> Result<bool, StoreError> {
        let finding = if !self.keys.audit.proves_row(row) {
            AuditFinding::RowChanged(row.id)
        } else if walk.is_from_before_the_cut(row.event.at) || self.is_copy(walk, row).await? {
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
        self.ports.audit_log.has_twin(row, walk.place.number).await
    }
}

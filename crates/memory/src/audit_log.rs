//! `AuditLog` in process.

use crate::state::MemoryStore;
use async_trait::async_trait;
use evently_auth_domain::audit::{AuditEnd, AuditEnds, AuditFilter, AuditPlace, AuditRecord, AuditSeal};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::AuditLog;
use std::cmp::Reverse;
use std::collections::BTreeSet;

#[async_trait]
impl AuditLog for MemoryStore {
    async fn unsealed(&self, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let state = self.state()?;
        let unsealed = state.audit.iter().filter(|row| row.sealed_by.is_none());
        Ok(unsealed.take(limit as usize).cloned().collect())
    }

    async fn append_seal(&self, last: i64, seal: AuditSeal, end: AuditEnd) -> Result<bool, StoreError> {
        let mut state = self.state()?;
        let number = state.seals.last().map_or(0, |seal| seal.number);
        if number != last || seal.number <= number {
            return Ok(false);
        }
        // Rows are kept by id, for they are numbered as they are written.
        let covered = |id| state.audit.binary_search_by_key(id, |row: &AuditRecord| row.id).ok();
        let covered: Option<Vec<usize>> = seal.rows.iter().map(|(id, _)| covered(id)).collect();
        let Some(covered) = covered else { return Ok(false) };
        let is_sealed = |index: &usize| state.audit.get(*index).is_some_and(|row| row.sealed_by.is_some());
        if covered.iter().any(is_sealed) {
            return Ok(false);
        }
        for index in covered {
            if let Some(row) = state.audit.get_mut(index) {
                row.sealed_by = Some(seal.number);
            }
        }
        state.seals.push(seal);
        state.ends.end = Some(end);
        Ok(true)
    }

    async fn last_seal(&self) -> Result<Option<AuditSeal>, StoreError> {
        Ok(self.state()?.seals.last().cloned())
    }

    async fn ends(&self) -> Result<AuditEnds, StoreError> {
        Ok(self.state()?.ends)
    }

    async fn cut(&self, after: i64, start: AuditEnd, effects: Effects) -> Result<bool, StoreError> {
        let mut state = self.state()?;
        let number = start.link.number;
        if state.ends.start.map_or(0, |start| start.link.number) != after {
            return Ok(false);
        }
        let is_there = state.seals.iter().any(|seal| seal.link() == start.link);
        if !is_there || state.seals.last().is_none_or(|last| last.number == number) {
            return Err(StoreError::corrupt("the start of the audit is no seal before the last"));
        }
        state.ends.start = Some(start);
        let goes = |seal: &AuditSeal| (after.saturating_add(1)..=number).contains(&seal.number);
        let cut: BTreeSet<i64> =
            state.seals.iter().filter(|seal| goes(seal)).map(|seal| seal.number).collect();
        state.audit.retain(|row| row.sealed_by.is_none_or(|seal| !cut.contains(&seal)));
        state.seals.retain(|seal| !goes(seal));
        state.write(effects, None);
        Ok(true)
    }

    async fn seals(&self, after: i64, limit: u32) -> Result<Vec<AuditSeal>, StoreError> {
        let state = self.state()?;
        let later = state.seals.iter().filter(|seal| seal.number > after);
        Ok(later.take(limit as usize).cloned().collect())
    }

    async fn rows(&self, after: i64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let state = self.state()?;
        let later = state.audit.iter().filter(|row| row.id > after);
        Ok(later.take(limit as usize).cloned().collect())
    }

    async fn rows_of(&self, number: i64, after: i64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let state = self.state()?;
        let marked = state.audit.iter().filter(|row| row.sealed_by == Some(number) && row.id > after);
        Ok(marked.take(limit as usize).cloned().collect())
    }

    async fn has_twin(&self, row: &AuditRecord, number: i64) -> Result<bool, StoreError> {
        let state = self.state()?;
        Ok(state.audit.iter().any(|other| {
            other.id != row.id
                && (other.event.at, other.mac) == (row.event.at, row.mac)
                && other.sealed_by.is_some_and(|seal| seal <= number)
        }))
    }

    async fn search(
        &self,
        filter: &AuditFilter,
        before: Option<AuditPlace>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        let state = self.state()?;
        let place = |row: &AuditRecord| (row.event.at, row.id);
        let earlier = state.audit.iter().filter(|row| before.is_none_or(|before| place(row) < before));
        let mut matching: Vec<_> = earlier.filter(|row| filter.matches(&row.event)).collect();
        matching.sort_by_key(|row| Reverse(place(row)));
        Ok(matching.into_iter().take(limit as usize).cloned().collect())
    }
}

//! `AuditLog` in process.

use crate::state::MemoryStore;
use async_trait::async_trait;
use evently_auth_domain::audit::{AuditRecord, AuditSeal};
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::AuditLog;

#[async_trait]
impl AuditLog for MemoryStore {
    async fn unsealed(&self, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let state = self.state()?;
        let unsealed = state.audit.iter().filter(|row| row.sealed_by.is_none());
        Ok(unsealed.take(limit as usize).cloned().collect())
    }

    async fn append_seal(&self, seal: AuditSeal) -> Result<bool, StoreError> {
        let mut state = self.state()?;
        if seal.number != state.seals.last().map_or(0, |last| last.number) + 1 {
            return Ok(false);
        }
        // Rows are kept by id, for they are numbered as they are written.
        let covered = |id| state.audit.binary_search_by_key(id, |row: &AuditRecord| row.id).ok();
        let covered: Vec<usize> = seal.rows.iter().filter_map(|(id, _)| covered(id)).collect();
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
        Ok(true)
    }

    async fn last_seal(&self) -> Result<Option<AuditSeal>, StoreError> {
        Ok(self.state()?.seals.last().cloned())
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

    async fn rows_of(&self, number: i64) -> Result<Vec<AuditRecord>, StoreError> {
        let state = self.state()?;
        Ok(state.audit.iter().filter(|row| row.sealed_by == Some(number)).cloned().collect())
    }
}

//! `AuditLog` behind the gate.

use super::Gated;
use async_trait::async_trait;
use evently_auth_domain::audit::{AuditEnd, AuditEnds, AuditFilter, AuditPlace, AuditRecord, AuditSeal};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::AuditLog;

#[async_trait]
impl<P: AuditLog> AuditLog for Gated<P> {
    async fn unsealed(&self, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        self.gate.pass("audit.unsealed", self.port.unsealed(limit)).await
    }

    async fn append_seal(&self, last: i64, seal: AuditSeal, end: AuditEnd) -> Result<bool, StoreError> {
        self.gate.pass("audit.append_seal", self.port.append_seal(last, seal, end)).await
    }

    async fn last_seal(&self) -> Result<Option<AuditSeal>, StoreError> {
        self.gate.pass("audit.last_seal", self.port.last_seal()).await
    }

    async fn ends(&self) -> Result<AuditEnds, StoreError> {
        self.gate.pass("audit.ends", self.port.ends()).await
    }

    async fn cut(&self, after: i64, start: AuditEnd, effects: Effects) -> Result<bool, StoreError> {
        self.gate.pass("audit.cut", self.port.cut(after, start, effects)).await
    }

    async fn seals(&self, after: i64, limit: u32) -> Result<Vec<AuditSeal>, StoreError> {
        self.gate.pass("audit.seals", self.port.seals(after, limit)).await
    }

    async fn rows(&self, after: i64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        self.gate.pass("audit.rows", self.port.rows(after, limit)).await
    }

    async fn rows_of(&self, number: i64, after: i64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        self.gate.pass("audit.rows_of", self.port.rows_of(number, after, limit)).await
    }

    async fn has_twin(&self, row: &AuditRecord, number: i64) -> Result<bool, StoreError> {
        self.gate.pass("audit.has_twin", self.port.has_twin(row, number)).await
    }

    async fn search(
        &self,
        filter: &AuditFilter,
        before: Option<AuditPlace>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        self.gate.pass("audit.search", self.port.search(filter, before, limit)).await
    }
}

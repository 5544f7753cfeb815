//! Looking at the audit.

use super::AdminError;
use crate::Auth;
use crate::access::Principal;
use crate::account::Permission;
use crate::audit::{AuditFilter, AuditPlace, AuditRecord};
use crate::client::Client;

impl Auth {
    /// At most `limit` of the events that match, newest first: those behind the place `before`, or all.
    ///
    /// # Errors
    /// See [`AdminError`].
    pub async fn list_audit(
        &self,
        filter: &AuditFilter,
        before: Option<AuditPlace>,
        limit: u32,
        principal: &Principal,
        client: &Client,
    ) -> Result<Vec<AuditRecord>, AdminError> {
        self.permit(Permission::ReadAudit, principal, client).await?;
        Ok(self.ports.audit_log.search(filter, before, limit).await?)
    }
}

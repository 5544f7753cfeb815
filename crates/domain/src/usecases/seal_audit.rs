//! Sealing the audit: rows that no seal covers become the next link of the chain.

use crate::Auth;
use crate::error::StoreError;

impl Auth {
    /// Seals at most `limit` rows; says how many. Several may do this at once: one of them seals.
    ///
    /// # Errors
    /// When the audit is away; then nothing was sealed.
    pub async fn seal_audit(&self, limit: u32) -> Result<usize, StoreError> {
        // The last seal first: what another one sealed since has its number, and ours is refused.
        let last = self.ports.audit_log.last_seal().await?;
        let rows = self.ports.audit_log.unsealed(limit).await?;
        if rows.is_empty() {
            return Ok(0);
        }
        let seal = self.keys.audit.seal(last.as_ref(), &rows, self.now());
        let sealed = seal.rows.len();
        Ok(if self.ports.audit_log.append_seal(seal).await? { sealed } else { 0 })
    }
}

//! Holding the audit against a seal that somebody wrote down where nobody who owns the tables can reach it: the one
//! thing that tells an audit from its own past.

use crate::Auth;
use crate::audit::{AuditLink, AuditSide};
use crate::error::StoreError;
use crate::usecases::AuditFinding;

impl Auth {
    /// Whether the chain holds the seal `expected`, which somebody saw in it earlier; if not, what is wrong.
    ///
    /// # Errors
    /// When the audit is away.
    pub async fn verify_seal(&self, expected: AuditLink) -> Result<Option<AuditFinding>, StoreError> {
        let start = self.proven(AuditSide::Start, self.ports.audit_log.ends().await?.start);
        if let Some(start) = start.filter(|start| start.link.number >= expected.number) {
            let finding = match start.link {
                link if link == expected => return Ok(None),
                link if link.number == expected.number => AuditFinding::NotAsExpected(expected),
                _ => AuditFinding::ExpectedWasCut(expected),
            };
            return Ok(Some(finding));
        }
        let seals = self.ports.audit_log.seals(expected.number.saturating_sub(1), 1).await?;
        Ok(match seals.first().map(|seal| seal.link()) {
            Some(link) if link == expected => None,
            Some(link) if link.number == expected.number => Some(AuditFinding::NotAsExpected(expected)),
            _ => Some(AuditFinding::NotThere(expected)),
        })
    }
}

//! Clearing away what has ended by itself.

use crate::Auth;
use crate::error::StoreError;

/// Rows removed by one statement: few enough to hold nobody up.
const BATCH: u32 = 1_000;

/// What was cleared away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Expired sessions.
    pub sessions: u64,
    /// Accounts that nobody verified in time.
    pub accounts: u64,
}

impl Auth {
    /// Removes expired sessions and never-verified accounts whose time is over, in batches until none is left.
    ///
    /// # Errors
    /// When the store is away; what was removed before stays removed.
    pub async fn sweep(&self) -> Result<Swept, StoreError> {
        let sessions = self.sweep_sessions().await?;
        let mut accounts = 0;
        loop {
            let removed = self.ports.users.sweep_unverified(self.now(), BATCH).await?;
            accounts += removed;
            if removed < u64::from(BATCH) {
                return Ok(Swept { sessions, accounts });
            }
        }
    }

    pub(crate) async fn sweep_sessions(&self) -> Result<u64, StoreError> {
        let mut sessions = 0;
        loop {
            let removed = self.ports.sessions.sweep_expired(self.now(), BATCH).await?;
            sessions += removed;
            if removed < u64::from(BATCH) {
                return Ok(sessions);
            }
        }
    }
}

//! Clearing away what has ended by itself.

use crate::Auth;
use crate::error::StoreError;
use chrono::TimeDelta;

/// Rows removed by one statement: few enough to hold nobody up.
const BATCH: u32 = 1_000;

/// For how long after it was written a sent or expired mail stays in the operator's list.
const MAILS_KEPT: TimeDelta = TimeDelta::days(7);

/// What was cleared away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Expired sessions.
    pub sessions: u64,
    /// Accounts that nobody verified in time.
    pub accounts: u64,
    /// Mails that were sent or expired, and are no longer listed.
    pub mails: u64,
    /// Rows of the audit that are older than they are kept.
    pub audit: u64,
}

impl Auth {
    /// Removes expired sessions, never-verified accounts whose time is over, sent or expired mails that were written
    /// more than seven days ago, and rows of the audit that are older than they are kept, in batches until none is
    /// left.
    ///
    /// # Errors
    /// When the store is away; what was removed before stays removed.
    pub async fn sweep(&self) -> Result<Swept, StoreError> {
        let (users, outbox, now) = (&self.ports.users, &self.ports.outbox, self.now());
        Ok(Swept {
            sessions: self.sweep_sessions().await?,
            accounts: in_batches(|| users.sweep_unverified(now, BATCH)).await?,
            mails: in_batches(|| outbox.sweep_settled(now - MAILS_KEPT, BATCH)).await?,
            audit: self.cut_audit().await?,
        })
    }

    pub(crate) async fn sweep_sessions(&self) -> Result<u64, StoreError> {
        let (sessions, now) = (&self.ports.sessions, self.now());
        in_batches(|| sessions.sweep_expired(now, BATCH)).await
    }
}

/// Removes batch after batch until one is not full; says how much it was altogether.
async fn in_batches<F>(remove: impl Fn() -> F) -> Result<u64, StoreError>
where
    F: Future<Output = Result<u64, StoreError>>,
{
    let mut total = 0;
    loop {
        let removed = remove().await?;
        total += removed;
        if removed < u64::from(BATCH) {
            return Ok(total);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[tokio::test]
    async fn batches_go_on_until_one_is_not_full() {
        for (rows, batches) in [(0, 1), (999, 1), (1_000, 2), (2_500, 3)] {
            let (left, calls) = (Cell::new(rows), Cell::new(0));
            let removed = in_batches(async || {
                calls.set(calls.get() + 1);
                let batch = left.get().min(u64::from(BATCH));
                left.set(left.get() - batch);
                Ok(batch)
            });
            assert_eq!((removed.await.unwrap(), calls.get()), (rows, batches));
        }
    }
}

//! Import: the accounts of the old service, batch by batch; a second run brings what is missing and nothing else.

use crate::Auth;
use crate::error::StoreError;
use crate::import::{Adjustment, ImportVerdict, Obstacle, SkipReason, Standing};
use crate::ports::{LegacyUsers, UserImports};
use std::fmt;

/// How to import.
#[derive(Debug, Clone, Copy)]
pub struct ImportUsers {
    /// How many accounts are read, and written in one step; at least one.
    pub batch_size: u32,
    /// Say what would happen, and change nothing.
    pub dry_run: bool,
}

/// What became of all accounts so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportSummary {
    /// Accounts that are here now; in a dry run those that would be.
    pub imported: u64,
    /// Accounts that an earlier run brought.
    pub already_there: u64,
    /// Accounts that others here stand in the way of.
    pub conflicts: u64,
    /// Rows that can be no accounts of ours.
    pub skipped: u64,
}

/// What there is to say while it runs.
#[derive(Debug)]
pub enum ImportProgress<'a> {
    /// Something about one account, by its id.
    Remark(i64, ImportRemark<'a>),
    /// A batch is done.
    Batch(ImportSummary),
}

/// What an operator should know of an account.
#[derive(Debug)]
pub enum ImportRemark<'a> {
    /// It was imported, and changed for that.
    Adjusted(&'a Adjustment),
    /// It was left out, for others are in its way.
    Conflict(&'a [Obstacle]),
    /// It was left out, for it can be no account of ours.
    Skipped(SkipReason),
}

/// Why an import ended early; the batches before stay, and another run goes on after them.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The old service's accounts cannot be read.
    #[error("the old service's database: {0}")]
    Source(StoreError),
    /// Ours cannot be written.
    #[error("the database: {0}")]
    Store(StoreError),
}

impl Auth {
    /// Brings the accounts of `from` into `into`, which is the store of this service.
    ///
    /// # Errors
    /// See [`ImportError`].
    pub async fn import_users(
        &self,
        from: &dyn LegacyUsers,
        into: &dyn UserImports,
        options: ImportUsers,
        report: &mut (dyn FnMut(ImportProgress<'_>) + Send),
    ) -> Result<ImportSummary, ImportError> {
        let mut summary = ImportSummary::default();
        let mut earlier = Standing::default();
        let mut last = i64::MIN;
        loop {
            let rows = from.after(last, options.batch_size.max(1)).await.map_err(ImportError::Source)?;
            let Some(row) = rows.last() else { return Ok(summary) };
            last = row.id;

            let now = self.now();
            let claim = self.settings.unverified_lifetime;
            let batch: Vec<_> = rows.into_iter().map(|row| (row.id, row.take_over(now, claim))).collect();
            let taken = batch.iter().filter_map(|(_, taken)| taken.as_ref().ok());
            let accounts: Vec<_> = taken.map(|taken| taken.account.clone()).collect();
            let verdicts: Vec<_> = if options.dry_run {
                let standing = into.standing(&accounts).await.map_err(ImportError::Store)?;
                earlier = standing.after(earlier);
                accounts.iter().map(|account| earlier.judge(&account.user)).collect()
            } else {
                into.import(accounts, now).await.map_err(ImportError::Store)?
            };
            let mut verdicts = verdicts.into_iter();
            for (id, taken) in batch {
                match taken {
                    Ok(taken) => summary.count(id, &taken.adjustments, verdicts.next(), report),
                    Err(reason) => {
                        summary.skipped += 1;
                        report(ImportProgress::Remark(id, ImportRemark::Skipped(reason)));
                    }
                }
            }
            report(ImportProgress::Batch(summary));
        }
    }
}

impl ImportSummary {
    /// All rows that were looked at.
    pub fn total(&self) -> u64 {
        self.imported + self.already_there + self.conflicts + self.skipped
    }

    fn count(
        &mut self,
        id: i64,
        adjustments: &[Adjustment],
        verdict: Option<ImportVerdict>,
        report: &mut (dyn FnMut(ImportProgress<'_>) + Send),
    ) {
        match verdict {
            Some(ImportVerdict::Imported) => {
                self.imported += 1;
                for adjustment in adjustments {
                    report(ImportProgress::Remark(id, ImportRemark::Adjusted(adjustment)));
                }
            }
            Some(ImportVerdict::AlreadyThere) => self.already_there += 1,
            Some(ImportVerdict::Conflict(obstacles)) => {
                self.conflicts += 1;
                report(ImportProgress::Remark(id, ImportRemark::Conflict(&obstacles)));
            }
            None => {} // a port answers for every account
        }
    }
}

impl fmt::Display for ImportRemark<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Adjusted(adjustment) => write!(f, "adjusted: {adjustment}"),
            Self::Conflict(obstacles) => {
                let obstacles: Vec<_> = obstacles.iter().map(ToString::to_string).collect();
                write!(f, "conflict: {}", obstacles.join(", "))
            }
            Self::Skipped(reason) => write!(f, "skipped: {reason}"),
        }
    }
}

//! `RateLimits` in process, after the rule `SlidingLog`. Serves one instance; what it knows ends with the process.

use crate::expiring::Expiring;
use async_trait::async_trait;
use evently_auth_domain::Timestamp;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::limits::{Admission, Budget, LimitKey, LimitStatus, SlidingLog, TakeBack};
use evently_auth_domain::ports::{Clock, RateLimits};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Sliding windows under one lock; a clone is another handle on the same ones. A key always comes with the same limit.
#[derive(Clone)]
pub struct MemoryRateLimits {
    clock: Arc<dyn Clock>,
    logs: Arc<Mutex<Logs>>,
}

type Logs = Expiring<LimitKey, SlidingLog>;

impl MemoryRateLimits {
    /// Nothing counted yet, on `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, logs: Arc::new(Mutex::new(Expiring::new())) }
    }

    fn lock(&self) -> MutexGuard<'_, Logs> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn statuses(logs: &Logs, budgets: &[Budget], now: Timestamp) -> Vec<LimitStatus> {
    let unused = SlidingLog::default();
    let log = |budget: &Budget| logs.get(&budget.key).unwrap_or(&unused).status(budget.limit, now);
    budgets.iter().map(log).collect()
}

fn tightest(statuses: Vec<LimitStatus>) -> Result<LimitStatus, StoreError> {
    let tightest = statuses.into_iter().reduce(LimitStatus::tighter);
    tightest.ok_or_else(|| StoreError::corrupt("a rate limit was asked for without a budget"))
}

#[async_trait]
impl RateLimits for MemoryRateLimits {
    async fn acquire(&self, budgets: &[Budget]) -> Result<Admission, StoreError> {
        let mut logs = self.lock();
        let now = self.clock.now();
        let before = statuses(&logs, budgets, now);
        let refusing = before.into_iter().filter(|status| status.remaining == 0);
        if let Some(longest) = refusing.max_by_key(|status| status.reset) {
            return Ok(Admission::Refused(longest));
        }
        for budget in budgets {
            logs.keep(&budget.key, now, now + budget.limit.window).push(budget.limit, now);
        }
        tightest(statuses(&logs, budgets, now)).map(Admission::Admitted)
    }

    async fn peek(&self, budgets: &[Budget]) -> Result<LimitStatus, StoreError> {
        tightest(statuses(&self.lock(), budgets, self.clock.now()))
    }

    async fn take_back(&self, what: &[TakeBack]) -> Result<(), StoreError> {
        let mut logs = self.lock();
        for taken in what {
            let Some(log) = logs.get_mut(taken.key()) else { continue };
            match taken {
                TakeBack::Latest(_) => log.pop(),
                TakeBack::All(_) => *log = SlidingLog::default(),
            }
        }
        Ok(())
    }
}

//! `RateLimits` that stay limits while the counts that all instances share are away: some are counted here instead,
//! more strictly, and the others refuse. Every decision is measured.

use crate::MemoryRateLimits;
use async_trait::async_trait;
use evently_auth_domain::error::{StoreError, StoreErrorKind};
use evently_auth_domain::limits::{Admission, Budget, LimitKey, LimitStatus, TakeBack, WhenAway};
use evently_auth_domain::ports::{Clock, RateLimits};
use std::sync::Arc;

/// The counter of decisions, by `limit` (the first one asked, which is the route's own) and `decision`.
const DECISIONS: &str = "evently_auth_rate_limit_decisions_total";

/// Shared limits, and those of this instance for when they are away.
///
/// What was counted here ages here: once the shared counts are back they alone decide. A request that the shared store
/// counted without being able to say so is counted twice, which errs on the strict side.
#[derive(Clone)]
pub struct FallbackRateLimits {
    shared: Arc<dyn RateLimits>,
    here: MemoryRateLimits,
}

impl FallbackRateLimits {
    /// `shared` as long as they answer.
    pub fn new(shared: Arc<dyn RateLimits>, clock: Arc<dyn Clock>) -> Self {
        Self { shared, here: MemoryRateLimits::new(clock) }
    }
}

fn is_away<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(error) if error.kind == StoreErrorKind::Unavailable)
}

fn may_count_here<'a>(mut keys: impl Iterator<Item = &'a LimitKey>) -> bool {
    keys.all(|key| key.when_away() == WhenAway::CountHere)
}

fn alone(budgets: &[Budget]) -> Vec<Budget> {
    budgets.iter().map(|Budget { key, limit }| Budget { key: key.clone(), limit: limit.alone() }).collect()
}

fn measure(budgets: &[Budget], admission: &Admission) {
    let decision = match admission {
        Admission::Admitted(_) => "admitted",
        Admission::Refused(_) => "refused",
    };
    if let Some(budget) = budgets.first() {
        metrics::counter!(DECISIONS, "limit" => budget.key.what(), "decision" => decision).increment(1);
    }
}

#[async_trait]
impl RateLimits for FallbackRateLimits {
    async fn acquire(&self, budgets: &[Budget]) -> Result<Admission, StoreError> {
        let mut answer = self.shared.acquire(budgets).await;
        if is_away(&answer) && may_count_here(budgets.iter().map(|budget| &budget.key)) {
            answer = self.here.acquire(&alone(budgets)).await;
        }
        answer.inspect(|admission| measure(budgets, admission))
    }

    async fn peek(&self, budgets: &[Budget]) -> Result<LimitStatus, StoreError> {
        let answer = self.shared.peek(budgets).await;
        if is_away(&answer) && may_count_here(budgets.iter().map(|budget| &budget.key)) {
            return self.here.peek(&alone(budgets)).await;
        }
        answer
    }

    /// What is forgotten altogether is forgotten here too: it must not greet the caller when the shared counts go away
    /// again. A latest request is taken back where it was counted.
    async fn take_back(&self, what: &[TakeBack]) -> Result<(), StoreError> {
        let answer = self.shared.take_back(what).await;
        let is_away = is_away(&answer);
        let is_here = |taken: &&TakeBack| {
            taken.key().when_away() == WhenAway::CountHere && (is_away || matches!(taken, TakeBack::All(_)))
        };
        let here: Vec<_> = what.iter().filter(is_here).cloned().collect();
        if !here.is_empty() {
            self.here.take_back(&here).await?;
        }
        if is_away && here.len() == what.len() { Ok(()) } else { answer }
    }
}

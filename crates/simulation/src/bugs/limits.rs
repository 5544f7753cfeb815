//! Limits that are looked at in one step and counted in the next.

use async_trait::async_trait;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::limits::{Admission, Budget, Limit, LimitStatus, TakeBack};
use evently_auth_domain::ports::RateLimits;
use std::sync::Arc;

pub(crate) struct LooksFirst(pub(crate) Arc<dyn RateLimits>);

#[async_trait]
impl RateLimits for LooksFirst {
    async fn acquire(&self, budgets: &[Budget]) -> Result<Admission, StoreError> {
        let status = self.0.peek(budgets).await?;
        if status.remaining == 0 {
            return Ok(Admission::Refused(status));
        }
        let boundless = |budget: &Budget| {
            let limit = Limit { max: u32::MAX, ..budget.limit };
            Budget { limit, ..budget.clone() }
        };
        self.0.acquire(&budgets.iter().map(boundless).collect::<Vec<_>>()).await
    }

    async fn peek(&self, budgets: &[Budget]) -> Result<LimitStatus, StoreError> {
        self.0.peek(budgets).await
    }

    async fn take_back(&self, what: &[TakeBack]) -> Result<(), StoreError> {
        self.0.take_back(what).await
    }
}

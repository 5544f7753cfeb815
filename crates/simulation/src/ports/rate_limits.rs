//! `RateLimits` behind the gate: the counts that all instances share.

use super::Gated;
use async_trait::async_trait;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::limits::{Admission, Budget, LimitStatus, TakeBack};
use evently_auth_domain::ports::RateLimits;

#[async_trait]
impl<P: RateLimits> RateLimits for Gated<P> {
    async fn acquire(&self, budgets: &[Budget]) -> Result<Admission, StoreError> {
        self.gate.pass("limits.acquire", self.port.acquire(budgets)).await
    }

    async fn peek(&self, budgets: &[Budget]) -> Result<LimitStatus, StoreError> {
        self.gate.pass("limits.peek", self.port.peek(budgets)).await
    }

    async fn take_back(&self, what: &[TakeBack]) -> Result<(), StoreError> {
        self.gate.pass("limits.take_back", self.port.take_back(what)).await
    }
}

//! What Redis does in production, taken away by a test: one switch for codes and limits together.

use async_trait::async_trait;
use evently_auth_domain::account::UserId;
use evently_auth_domain::code::{CodeCheck, CodeMac, CodeSlot, StoredCode, TakenCode};
use evently_auth_domain::error::StoreError;
use evently_auth_domain::limits::{Admission, Budget, LimitStatus, TakeBack};
use evently_auth_domain::ports::{Codes, RateLimits};
use std::sync::{Arc, Mutex, PoisonError};

/// The switch; a clone is another handle on the same one.
#[derive(Clone, Default)]
pub struct Outage(Arc<Mutex<Option<u32>>>);

impl Outage {
    /// From now on every call fails.
    pub fn begin(&self) {
        self.begin_after(0);
    }

    /// Lets `calls` calls pass; every one after them fails.
    pub fn begin_after(&self, calls: u32) {
        self.set(Some(calls));
    }

    /// From now on every call passes.
    pub fn end(&self) {
        self.set(None);
    }

    fn set(&self, calls: Option<u32>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = calls;
    }

    fn pass(&self) -> Result<(), StoreError> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(0) => Err(StoreError::unavailable("a test asked for this outage")),
            Some(calls) => {
                *calls -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// A port that is away while the switch says so; a call that fails has no effect.
pub(crate) struct Interrupted<P> {
    pub(crate) port: P,
    pub(crate) outage: Outage,
}

#[async_trait]
impl<P: Codes> Codes for Interrupted<P> {
    async fn put(&self, slot: CodeSlot, code: Option<StoredCode>) -> Result<Option<UserId>, StoreError> {
        self.outage.pass()?;
        self.port.put(slot, code).await
    }

    async fn check(&self, slot: CodeSlot, attempt: CodeMac) -> Result<CodeCheck, StoreError> {
        self.outage.pass()?;
        self.port.check(slot, attempt).await
    }

    async fn restore(&self, slot: CodeSlot, taken: TakenCode) -> Result<(), StoreError> {
        self.outage.pass()?;
        self.port.restore(slot, taken).await
    }
}

#[async_trait]
impl<P: RateLimits> RateLimits for Interrupted<P> {
    async fn acquire(&self, budgets: &[Budget]) -> Result<Admission, StoreError> {
        self.outage.pass()?;
        self.port.acquire(budgets).await
    }

    async fn peek(&self, budgets: &[Budget]) -> Result<LimitStatus, StoreError> {
        self.outage.pass()?;
        self.port.peek(budgets).await
    }

    async fn take_back(&self, what: &[TakeBack]) -> Result<(), StoreError> {
        self.outage.pass()?;
        self.port.take_back(what).await
    }
}

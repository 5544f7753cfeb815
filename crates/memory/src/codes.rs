//! `Codes` in process, after the rule `CodeEntry`. Serves one instance; what it knows ends with the process.

use crate::expiring::Expiring;
use async_trait::async_trait;
use evently_auth_domain::account::UserId;
use evently_auth_domain::code::{CodeCheck, CodeEntry, CodeMac, CodeSlot, LIFETIME, StoredCode, TakenCode};
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{Clock, Codes};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One-time codes under one lock; a clone is another handle on the same ones.
#[derive(Clone)]
pub struct MemoryCodes {
    clock: Arc<dyn Clock>,
    slots: Arc<Mutex<Expiring<[u8; 32], CodeEntry>>>,
}

impl MemoryCodes {
    /// Empty slots on `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, slots: Arc::new(Mutex::new(Expiring::new())) }
    }

    fn lock(&self) -> MutexGuard<'_, Expiring<[u8; 32], CodeEntry>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Codes for MemoryCodes {
    async fn put(&self, slot: CodeSlot, code: Option<StoredCode>) -> Result<Option<UserId>, StoreError> {
        let mut slots = self.lock();
        let now = self.clock.now();
        let entry = slots.keep(&slot.0, now, now + LIFETIME);
        Ok(mem::replace(entry, CodeEntry::issued(code, now)).subject(now))
    }

    async fn check(&self, slot: CodeSlot, attempt: CodeMac) -> Result<CodeCheck, StoreError> {
        let mut slots = self.lock();
        let now = self.clock.now();
        let entry = slots.keep(&slot.0, now, now + LIFETIME);
        let (checked, result) = mem::take(entry).check(attempt, now);
        *entry = checked;
        Ok(result)
    }
    async fn restore(&self, slot: CodeSlot, taken: TakenCode) -> Result<(), StoreError> {
        let mut slots = self.lock();
        let now = self.clock.now();
        let entry = slots.keep(&slot.0, now, now + LIFETIME);
        *entry = mem::take(entry).restore(taken, now);
        Ok(())
    }
}

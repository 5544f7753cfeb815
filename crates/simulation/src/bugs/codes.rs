//! Codes that are compared in one step and counted in the next, or whose wrong guesses are not counted.

use super::Bug;
use crate::gate::Gate;
use async_trait::async_trait;
use evently_auth_domain::account::UserId;
use evently_auth_domain::code::{CodeCheck, CodeEntry, CodeMac, CodeSlot, StoredCode, TakenCode};
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{Clock, Codes};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) struct Careless {
    bug: Bug,
    gate: Gate,
    clock: Arc<dyn Clock>,
    slots: Mutex<BTreeMap<[u8; 32], CodeEntry>>,
}

impl Careless {
    pub(crate) fn new(bug: Bug, gate: Gate, clock: Arc<dyn Clock>) -> Self {
        Self { bug, gate, clock, slots: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<[u8; 32], CodeEntry>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Codes for Careless {
    async fn put(&self, slot: CodeSlot, code: Option<StoredCode>) -> Result<Option<UserId>, StoreError> {
        let now = self.clock.now();
        Ok(self.lock().insert(slot.0, CodeEntry::issued(code, now)).and_then(|ended| ended.subject(now)))
    }

    async fn check(&self, slot: CodeSlot, attempt: CodeMac) -> Result<CodeCheck, StoreError> {
        let read = self.lock().get(&slot.0).cloned().unwrap_or_default();
        let (counted, answer) = read.check(attempt, self.clock.now());
        if self.bug == Bug::ForgetsWrongGuesses && matches!(answer, CodeCheck::Rejected { .. }) {
            return Ok(answer);
        }
        if self.bug == Bug::ComparesBeforeCounting {
            self.gate.step().await;
        }
        self.lock().insert(slot.0, counted);
        Ok(answer)
    }

    async fn restore(&self, slot: CodeSlot, taken: TakenCode) -> Result<(), StoreError> {
        let entry = self.lock().get(&slot.0).cloned().unwrap_or_default();
        self.lock().insert(slot.0, entry.restore(taken, self.clock.now()));
        Ok(())
    }
}

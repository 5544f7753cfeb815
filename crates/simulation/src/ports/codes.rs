//! `Codes` behind the gate. What was put is remembered, so that the oracle knows how often a code was made.

use super::Gated;
use async_trait::async_trait;
use evently_auth_domain::account::UserId;
use evently_auth_domain::code::{CodeCheck, CodeMac, CodeSlot, StoredCode, TakenCode};
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::Codes;

#[async_trait]
impl<P: Codes> Codes for Gated<P> {
    async fn put(&self, slot: CodeSlot, code: Option<StoredCode>) -> Result<Option<UserId>, StoreError> {
        let put = async {
            self.ledger.lock().codes.extend(code.as_ref().map(|code| (slot, code.mac)));
            self.port.put(slot, code).await
        };
        self.gate.pass("codes.put", put).await
    }

    async fn check(&self, slot: CodeSlot, attempt: CodeMac) -> Result<CodeCheck, StoreError> {
        self.gate.pass("codes.check", self.port.check(slot, attempt)).await
    }

    async fn restore(&self, slot: CodeSlot, taken: TakenCode) -> Result<(), StoreError> {
        self.gate.pass("codes.restore", self.port.restore(slot, taken)).await
    }
}

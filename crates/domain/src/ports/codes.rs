use crate::code::{CodeCheck, CodeMac, CodeSlot, StoredCode};
use crate::error::StoreError;
use async_trait::async_trait;

/// One-time codes by slot. The rule is [`crate::code::CodeEntry`]; an adapter keeps it on its own clock.
///
/// - `put` replaces what the slot held and starts the count anew; without a code it starts the count alone.
/// - `check` counts before it compares, and an accepted code is gone with it: of any number of checks at once, at most
///   three are compared and at most one is accepted.
/// - A slot that nobody filled counts like one that holds a code.
/// - A code, and a count, is forgotten ten minutes after it began.
#[async_trait]
pub trait Codes: Send + Sync {
    /// Puts a code into a slot.
    ///
    /// # Errors
    /// When the store is away; then the slot is as it was.
    async fn put(&self, slot: CodeSlot, code: Option<StoredCode>) -> Result<(), StoreError>;

    /// Tries a code.
    ///
    /// # Errors
    /// When the store is away; the attempt may have been counted.
    async fn check(&self, slot: CodeSlot, attempt: CodeMac) -> Result<CodeCheck, StoreError>;
}

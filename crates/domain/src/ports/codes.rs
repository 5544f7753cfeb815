use crate::account::UserId;
use crate::code::{CodeCheck, CodeMac, CodeSlot, StoredCode, TakenCode};
use crate::error::StoreError;
use async_trait::async_trait;

/// One-time codes by slot. The rule is [`crate::code::CodeEntry`]; an adapter keeps it on its own clock.
///
/// - An accepted code comes back as it was put, with its note.
/// - `put` replaces what the slot held and starts the count anew; without a code it starts the count alone. It says for
///   whom the code was that ended thereby: of several at once, each learns of the one before it.
/// - `check` counts before it compares, and an accepted code is gone with it: of any number of checks at once, at most
///   three are compared and at most one is accepted.
/// - `restore` gives back an accepted code with the end and the count that it had; attempts made meanwhile are added to
///   the count, and a newer code stays. One whose time is over stays away.
/// - A slot that nobody filled counts like one that holds a code.
/// - A code, and a count, is forgotten ten minutes after it began.
#[async_trait]
pub trait Codes: Send + Sync {
    /// Puts a code into a slot; answers whose living code it ended.
    ///
    /// # Errors
    /// When the store is away; the code may have been put.
    async fn put(&self, slot: CodeSlot, code: Option<StoredCode>) -> Result<Option<UserId>, StoreError>;

    /// Tries a code.
    ///
    /// # Errors
    /// When the store is away; the attempt may have been counted.
    async fn check(&self, slot: CodeSlot, attempt: CodeMac) -> Result<CodeCheck, StoreError>;

    /// Gives back what an accepted check of this slot took; a second time changes nothing.
    ///
    /// # Errors
    /// When the store is away; the code may stay used up.
    async fn restore(&self, slot: CodeSlot, taken: TakenCode) -> Result<(), StoreError>;
}

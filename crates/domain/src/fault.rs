//! Why a value was refused at the edge.

/// One reason why one value was refused: a stable code for programs and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Stable, snake_case: `too_short`, `invalid_format`, …
    pub code: &'static str,
    /// A sentence for the person who sent the value; never repeats a secret.
    pub message: String,
}

impl Fault {
    /// A fault with this code and sentence.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

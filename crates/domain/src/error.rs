//! What can go wrong below a port: something broke, and it was not the caller.

use std::error::Error;
use std::fmt;

/// A port could not keep its promise. Outcomes that a caller must expect are values, never this.
#[derive(Debug)]
pub struct StoreError {
    /// What the caller may conclude.
    pub kind: StoreErrorKind,
    source: Box<dyn Error + Send + Sync>,
}

/// What a failed port call means for the one who made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// The technology behind the port is away or too slow; trying again later may help.
    Unavailable,
    /// Others were in the way for too long; trying again at once may help.
    Contention,
    /// What was read breaks a rule of the domain; trying again will not help.
    Corrupt,
}

impl StoreError {
    /// The technology is away: `source` is for the log.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: StoreErrorKind::Unavailable, source: source.into() }
    }

    /// Others were in the way: `source` is for the log.
    pub fn contention(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: StoreErrorKind::Contention, source: source.into() }
    }

    /// Stored data breaks a rule: `source` is for the log.
    pub fn corrupt(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: StoreErrorKind::Corrupt, source: source.into() }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            StoreErrorKind::Unavailable => "unavailable",
            StoreErrorKind::Contention => "contention",
            StoreErrorKind::Corrupt => "corrupt",
        };
        write!(f, "{kind}: {}", self.source)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.source.as_ref())
    }
}

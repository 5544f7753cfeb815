use crate::Timestamp;

/// What time it is.
pub trait Clock: Send + Sync {
    /// Now, cut to the microsecond, so that every store keeps it exactly.
    fn now(&self) -> Timestamp;
}

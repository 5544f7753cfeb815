//! Taking over the accounts of another service: what their rows mean under our rules, and what stands in their way.
//!
//! Ids, times and password hashes stay as they are, so that other services' references hold and old passwords open
//! the account. Whoever can be told apart from everybody else and reached by mail gets in; nothing that is here
//! already is ever changed.

mod legacy;
mod verdict;

pub use legacy::{Adjustment, LegacyUser, SkipReason, TakenOver};
pub use verdict::{ImportVerdict, Obstacle, Standing};

use crate::Timestamp;
use crate::account::UserId;
use crate::audit::{AuditAction, AuditEvent, AuditOutcome};

/// The event of a batch that brought these accounts; nobody was brought, nothing happened.
pub fn import_event(imported: &[UserId], at: Timestamp) -> Option<AuditEvent> {
    let (first, last) = (imported.iter().min()?, imported.iter().max()?);
    let detail = format!("{} imported, ids {first} to {last}", imported.len());
    Some(AuditEvent::local(AuditAction::UsersImported, AuditOutcome::Success, at).with(detail))
}

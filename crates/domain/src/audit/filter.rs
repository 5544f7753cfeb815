//! Which events of the audit to look at.

use super::{AuditAction, AuditEvent, AuditOutcome};
use crate::Timestamp;
use crate::account::UserId;
use std::net::IpAddr;

/// A place in the listing of events: the time of one, and its id.
pub type AuditPlace = (Timestamp, i64);

/// What an event must be to be listed; `None` does not care.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Done by this account.
    pub actor: Option<UserId>,
    /// Done to this account.
    pub subject: Option<UserId>,
    /// What.
    pub action: Option<AuditAction>,
    /// How it ended.
    pub outcome: Option<AuditOutcome>,
    /// From exactly this address.
    pub ip_address: Option<IpAddr>,
    /// In this request.
    pub request_id: Option<String>,
    /// Not before this time.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
}

impl AuditFilter {
    /// Whether `event` is to be listed; the rule that every adapter applies.
    pub fn matches(&self, event: &AuditEvent) -> bool {
        fn same<T: PartialEq>(wanted: Option<&T>, actual: Option<&T>) -> bool {
            wanted.is_none() || wanted == actual
        }
        same(self.actor.as_ref(), event.actor.as_ref())
            && same(self.subject.as_ref(), event.subject.as_ref())
            && same(self.action.as_ref(), Some(&event.action))
            && same(self.outcome.as_ref(), Some(&event.outcome))
            && same(self.ip_address.as_ref(), event.ip_address.as_ref())
            && same(self.request_id.as_ref(), event.request_id.as_ref())
            && self.since.is_none_or(|since| event.at >= since)
            && self.until.is_none_or(|until| event.at < until)
    }
}

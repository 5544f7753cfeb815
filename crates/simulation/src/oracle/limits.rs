//! No window holds more admitted requests than its limit.

use super::Oracle;
use super::class::Class;
use crate::gate::{INSTANCES, Moment};
use chrono::TimeDelta;
use evently_auth_domain::Timestamp;
use evently_auth_domain::limits::Limit;

/// What is counted, and whom, as a caller can tell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) what: &'static str,
    pub(crate) whom: String,
    /// The request may pass it without being counted.
    pub(crate) is_optional: bool,
    /// Only failures stay counted.
    pub(crate) failures: bool,
    /// The person by whose account it counts; another account of the same person counts anew.
    pub(crate) account_of: Option<usize>,
    /// While the shared counts are away each instance grants half.
    pub(crate) has_fallback: bool,
    pub(crate) max: u32,
    pub(crate) minutes: i64,
}

impl Key {
    pub(crate) fn new(what: &'static str, whom: &impl ToString, limit: Limit) -> Self {
        let minutes = limit.window.num_minutes();
        Self {
            what,
            whom: whom.to_string(),
            is_optional: false,
            failures: false,
            account_of: None,
            has_fallback: false,
            max: limit.max,
            minutes,
        }
    }
}

#[derive(Default)]
pub(crate) struct Tally {
    /// When each admitted request began.
    admitted: Vec<Timestamp>,
    /// Requests that began before this step are not counted.
    since: u64,
}

impl Oracle {
    /// Counts an answered request in its limits.
    pub(crate) fn tally(&mut self, call: u32, class: Class, began: Moment, ended: Moment) {
        let Some(keys) = self.calls.get(&call).map(|call| call.touches.limits.clone()) else { return };
        for mut key in keys {
            let is_optional = std::mem::take(&mut key.is_optional);
            let alone = Limit { max: key.max, window: TimeDelta::zero() }.alone().max;
            let granted_besides = if key.has_fallback && self.limits_failed { alone * INSTANCES } else { 0 };
            let is_stable = |person| self.accounts.get(&person).is_some_and(|account| account.is_stable);
            if !key.account_of.is_none_or(is_stable) {
                continue;
            }
            let tally = self.tallies.entry(key.clone()).or_default();
            match class {
                Class::Limited | Class::Denied => continue,
                // Taking an attempt back may take another one's place in the window; a success clears failures.
                Class::Ours => *tally = Tally { admitted: Vec::new(), since: ended.step },
                Class::Done | Class::Refused if key.failures => {
                    *tally = Tally { admitted: Vec::new(), since: ended.step };
                }
                Class::Done | Class::Refused | Class::Invalid
                    if began.step >= tally.since && !is_optional =>
                {
                    let window = TimeDelta::minutes(key.minutes) - self.back;
                    tally.admitted.push(began.high);
                    tally.admitted.retain(|at| *at + window > ended.high);
                    if tally.admitted.len() > (key.max + granted_besides) as usize {
                        let count = tally.admitted.len();
                        let Key { what, whom, max, minutes, .. } = key;
                        self.fails(format!(
                            "{count} requests were admitted within {minutes} minutes where {max} may be: {what} {whom}"
                        ));
                    }
                }
                Class::Done | Class::Refused | Class::Invalid => {}
            }
        }
    }

    /// A request whose answer was lost may have taken an attempt back, or cleared the failures, until now.
    pub(crate) fn forget_limits_of(&mut self, call: u32, step: u64) {
        let Some(keys) = self.calls.get(&call).map(|call| call.touches.limits.clone()) else { return };
        for mut key in keys {
            key.is_optional = false;
            self.tallies.insert(key, Tally { admitted: Vec::new(), since: step });
        }
    }
}

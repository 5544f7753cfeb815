//! What may be concluded from answers: knows nothing of the store, and says when an answer breaks a promise.
//!
//! Time is counted in steps. A request that was answered is over; one whose answer was lost may be at work for as long as
//! its instance lives, so nothing is concluded that it could contradict.

pub(crate) mod accounts;
pub(crate) mod class;
pub(crate) mod codes;
pub(crate) mod ending;
pub(crate) mod limits;
pub(crate) mod sessions;
pub(crate) mod traces;

use crate::call::Touches;
use crate::gate::Moment;
use class::Class;
use evently_auth_domain::settings::Settings;
use std::collections::BTreeMap;

#[derive(Default)]
pub(crate) struct Oracle {
    /// The first promise that was broken.
    pub(crate) violation: Option<String>,
    /// What the instances run with.
    pub(crate) settings: Settings,
    pub(crate) calls: BTreeMap<u32, Call>,
    pub(crate) accounts: BTreeMap<usize, accounts::Account>,
    pub(crate) sessions: BTreeMap<String, sessions::Session>,
    pub(crate) slots: BTreeMap<codes::Slot, codes::SlotModel>,
    pub(crate) tallies: BTreeMap<limits::Key, limits::Tally>,
    /// Requests that were done and have to be found in the audit, and in the mail.
    pub(crate) expected: Vec<(&'static str, u32)>,
    /// How far the clock has gone back so far.
    pub(crate) back: chrono::TimeDelta,
    /// Whether the shared limits ever failed: then each instance counts for itself besides.
    pub(crate) limits_failed: bool,
}

/// A request as the oracle knows it.
pub(crate) struct Call {
    pub(crate) what: &'static str,
    pub(crate) touches: Touches,
    pub(crate) began: Moment,
    /// When its instance was done with it, or died.
    pub(crate) over: Option<Moment>,
    pub(crate) is_lost: bool,
    pub(crate) class: Option<Class>,
    /// Nobody else was touching the same accounts, codes or chain when it began.
    pub(crate) was_alone: bool,
    /// What the accounts and codes counted when it had begun.
    pub(crate) versions: BTreeMap<usize, u64>,
    pub(crate) slot_touches: Vec<u64>,
    pub(crate) chain_moves: u64,
    pub(crate) back: chrono::TimeDelta,
}

impl Oracle {
    pub(crate) fn fails(&mut self, message: impl Into<String>) {
        self.violation.get_or_insert(message.into());
    }

    pub(crate) fn begins(&mut self, call: u32, what: &'static str, began: Moment, touches: Touches) {
        let overlaps = |other: &Call| {
            other.over.is_none()
                && (other.touches.people.iter().any(|person| touches.people.contains(person))
                    || other.touches.watched.is_some_and(|person| touches.people.contains(&person))
                    || touches.watched.is_some_and(|person| other.touches.people.contains(&person))
                    || other.touches.slots.iter().any(|slot| touches.slots.contains(slot))
                    || touches.chain.is_some() && other.touches.chain == touches.chain)
        };
        let was_alone = !self.calls.values().any(overlaps);
        for person in &touches.people {
            let account = self.accounts.entry(*person).or_default();
            account.version += 1;
            account.is_stable &= !touches.removes;
            if touches.lifts {
                account.inactive_since = None;
                account.demoted_since = None;
            }
        }
        let mut slot_touches = Vec::new();
        for slot in &touches.slots {
            let model = self.slots.entry(slot.clone()).or_default();
            model.touches += 1;
            slot_touches.push(model.touches);
            if touches.issues {
                model.last_issue = call;
            }
        }
        let mut chain_moves = 0;
        if let Some(session) = touches.chain.as_ref().and_then(|sid| self.sessions.get_mut(sid)) {
            session.moves += 1;
            let is_old = |call: &Call| call.over.is_none() && call.touches.chain == touches.chain;
            // One that was lost on the way and arrives late is as good as a thief's.
            session.is_shared |= self.calls.values().any(is_old);
            chain_moves = session.moves;
        }
        let known = touches.people.iter().copied().chain(touches.watched);
        let versions =
            known.map(|person| (person, self.accounts.entry(person).or_default().version)).collect();
        let call_state = Call {
            what,
            touches,
            began,
            over: None,
            is_lost: false,
            class: None,
            was_alone,
            versions,
            slot_touches,
            chain_moves,
            back: self.back,
        };
        self.calls.insert(call, call_state);
    }

    /// The instance is done with a request, or died.
    pub(crate) fn is_over(&mut self, call: u32, now: Moment) {
        let Some(state) = self.calls.get_mut(&call) else { return };
        state.over = Some(now);
        if state.is_lost {
            self.forget_limits_of(call, now.step);
        }
    }

    /// The client will never know.
    pub(crate) fn lost(&mut self, call: u32) {
        let Some(state) = self.calls.get_mut(&call) else { return };
        state.is_lost = true;
        if let Some(over) = state.over {
            self.forget_limits_of(call, over.step);
        }
    }

    /// Whether a request that may switch this account on, or give it a role, was under way after `step`.
    pub(crate) fn was_lifted_after(&self, step: u64, person: usize) -> bool {
        let lifts = |call: &Call| call.touches.lifts && call.touches.people.contains(&person);
        self.calls.values().any(|call| lifts(call) && call.over.is_none_or(|over| over.step > step))
    }
}

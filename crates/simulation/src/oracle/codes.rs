//! A code works once, dies of three wrong guesses, and works when nothing speaks against it.

use super::Oracle;
use super::class::Class;
use crate::call::Reply;
use crate::fixtures::FIXTURES;
use crate::ports::Ledger;
use evently_auth_domain::account::EmailAddress;
use evently_auth_domain::code::{LIFETIME, MAX_ATTEMPTS, OneTimeCode, Purpose};
use std::collections::BTreeMap;

/// Where codes of one purpose for one address are tried.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slot {
    pub(crate) is_reset: bool,
    pub(crate) address: String,
}

impl Slot {
    pub(crate) fn new(purpose: Purpose, address: &EmailAddress) -> Self {
        Self { is_reset: purpose == Purpose::ResetPassword, address: address.to_string() }
    }
}

#[derive(Default)]
pub(crate) struct SlotModel {
    /// Requests that may have changed it.
    pub(crate) touches: u64,
    /// The latest request that may have put a code.
    pub(crate) last_issue: u32,
    /// Somebody wanted the address who is not its owner.
    pub(crate) is_crossed: bool,
    /// Refused guesses, by the steps in which they began and ended.
    wrong: Vec<(u64, u64)>,
    /// Accepted codes.
    accepted: BTreeMap<[u8; 32], usize>,
}

/// A code that was tried, and the request whose mail it came with, if it did.
pub(crate) struct Attempt<'a> {
    pub(crate) purpose: Purpose,
    pub(crate) address: &'a EmailAddress,
    pub(crate) code: &'a OneTimeCode,
    pub(crate) issued_by: Option<u32>,
    pub(crate) person: usize,
}

impl Oracle {
    /// Whether the address may be somebody else's by now.
    pub(crate) fn is_crossed(&self, address: &EmailAddress) -> bool {
        let slot = Slot::new(Purpose::VerifyEmail, address);
        self.slots.get(&slot).is_some_and(|model| model.is_crossed)
    }

    /// Judges the answer to a try.
    pub(crate) fn tried<T>(
        &mut self,
        attempt: &Attempt<'_>,
        class: Class,
        reply: &Reply<T>,
        ledger: &Ledger,
    ) {
        let slot = Slot::new(attempt.purpose, attempt.address);
        match class {
            Class::Done => self.accepted(attempt, &slot, reply, ledger),
            Class::Invalid => {
                self.works(attempt, &slot, reply);
                let model = self.slots.entry(slot).or_default();
                model.wrong.push((reply.began.step, reply.ended.step));
            }
            Class::Denied | Class::Refused | Class::Limited | Class::Ours => {}
        }
    }

    fn accepted<T>(&mut self, attempt: &Attempt<'_>, slot: &Slot, reply: &Reply<T>, ledger: &Ledger) {
        let key = &FIXTURES.keys.codes;
        let mac = key.mac(attempt.purpose, attempt.address, attempt.code);
        let place = key.slot(attempt.purpose, attempt.address);
        let made = ledger.lock().codes.iter().filter(|put| **put == (place, mac)).count();
        let model = self.slots.entry(slot.clone()).or_default();
        let accepted = model.accepted.entry(mac.0).or_default();
        *accepted += 1;
        let accepted = *accepted;
        let issue = attempt.issued_by.filter(|issue| *issue == model.last_issue);
        if accepted > made {
            self.fails(format!(
                "a code for {slot:?} that was made {made} times was accepted {accepted} times"
            ));
        }
        // Guesses against this very code: after it was put, with no newer one, and on a clock that never went back.
        let Some(issue) = issue.and_then(|issue| self.calls.get(&issue)) else { return };
        let Some(put) = issue.over.filter(|_| issue.back == self.back) else { return };
        let model = &self.slots[slot];
        let wrong =
            model.wrong.iter().filter(|(began, ended)| *began > put.step && *ended < reply.began.step);
        let wrong = wrong.count();
        if wrong >= MAX_ATTEMPTS as usize {
            self.fails(format!("a code for {slot:?} was accepted after {wrong} wrong guesses"));
        }
    }

    /// Whether the code should have worked: its request was answered, nothing else touched slot or account since, and
    /// its time is not over.
    fn works<T>(&mut self, attempt: &Attempt<'_>, slot: &Slot, reply: &Reply<T>) {
        let (Some(model), Some(issue)) =
            (self.slots.get(slot), attempt.issued_by.and_then(|issue| self.calls.get(&issue)))
        else {
            return;
        };
        let Some(place) = issue.touches.slots.iter().position(|touched| touched == slot) else { return };
        let account = self.accounts.get(&attempt.person).map_or(0, |account| account.version);
        let untouched = model.touches == issue.slot_touches[place] + 1
            && issue.versions.get(&attempt.person).is_some_and(|version| account == version + 1);
        let in_time = reply.ended.high < issue.began.clock + LIFETIME - self.back;
        // A registration mails its code a moment before it is kept.
        let was_answered =
            issue.class == Some(Class::Done) && issue.over.is_some_and(|over| over.step < reply.began.step);
        let is_good = was_answered && issue.was_alone && !model.is_crossed;
        if untouched && in_time && is_good {
            let what = issue.what;
            self.fails(format!("a code for {slot:?} from {what}, untouched and in time, was refused"));
        }
    }
}

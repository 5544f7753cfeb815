//! Who has which password, who is switched off: a password that was replaced opens nothing, one that was not does.

use super::Oracle;
use super::class::Class;
use crate::call::Reply;
use evently_auth_domain::account::{User, UserId};
use std::collections::BTreeMap;

/// A person's account, as far as answers tell.
#[derive(Default)]
pub(crate) struct Account {
    /// Requests so far that may have changed it.
    pub(crate) version: u64,
    /// The password that it has for certain, as of a version.
    certain: Option<(usize, u64)>,
    /// Passwords that were set by an answered request, and the step in which it was over.
    set: BTreeMap<usize, u64>,
    /// Passwords that nobody gets in with from this step on.
    pub(crate) replaced: BTreeMap<usize, u64>,
    /// Switched off in this step, and not on again since.
    pub(crate) inactive_since: Option<u64>,
    /// No administrator since this step.
    pub(crate) demoted_since: Option<u64>,
    /// Accounts that this person had, and when each was deleted.
    pub(crate) deleted: BTreeMap<UserId, u64>,
    /// It is there for certain, and under the same id.
    pub(crate) is_stable: bool,
    /// Passwords that were ever sent anywhere: each is used once.
    pub(crate) used_passwords: usize,
}

impl Oracle {
    /// An account that was there from the start, with password 0.
    pub(crate) fn exists(&mut self, person: usize, user: &User) {
        debug_assert!(user.is_verified);
        let account = self.accounts.entry(person).or_default();
        account.is_stable = true;
        account.certain = Some((0, 0));
        account.set.insert(0, 0);
    }

    /// A password that this person never used, if one is left.
    pub(crate) fn fresh_password(&mut self, person: usize) -> Option<usize> {
        let account = self.accounts.entry(person).or_default();
        account.used_passwords += 1;
        Some(account.used_passwords).filter(|password| *password < crate::fixtures::PASSWORDS_IN_USE)
    }

    /// A password that the person has good reason to try.
    pub(crate) fn likely_password(&self, person: usize) -> usize {
        let Some(account) = self.accounts.get(&person) else { return 0 };
        let latest = account.set.iter().max_by_key(|(_, step)| **step).map_or(0, |(password, _)| *password);
        account.certain.map_or(latest, |(password, _)| password)
    }

    /// The person's password was set by an answered request.
    pub(crate) fn password_set<T>(&mut self, person: usize, password: usize, reply: &Reply<T>) {
        let alone = self.was_alone_with(reply.call, person);
        let account = self.accounts.entry(person).or_default();
        // Another request that was at work at the same time may have set its own after ours, or before.
        let before: Vec<usize> = account
            .set
            .iter()
            .filter(|(_, set)| **set < reply.began.step)
            .map(|(password, _)| *password)
            .collect();
        for old in before {
            account.replaced.entry(old).or_insert(reply.ended.step);
        }
        account.set.insert(password, reply.ended.step);
        account.certain = alone.then_some((password, account.version));
        let replaced: Vec<usize> = account.replaced.keys().copied().collect();
        for session in self.sessions.values_mut().filter(|session| session.person == person) {
            if replaced.contains(&session.password)
                && session.opened < reply.began.step
                && !session.spared_by(reply.call)
            {
                session.ends(reply.ended.step, "a new password");
            }
        }
    }

    /// Somebody else set the person's password, with a code that came to an address which changed hands.
    pub(crate) fn password_set_by_another(&mut self, person: usize, password: usize) {
        let account = self.accounts.entry(person).or_default();
        account.version += 1;
        account.certain = None;
        account.replaced.remove(&password);
    }

    /// A request that might have changed the account did not.
    pub(crate) fn left_alone<T>(&mut self, person: usize, reply: &Reply<T>) {
        let alone = self.was_alone_with(reply.call, person);
        let account = self.accounts.entry(person).or_default();
        let before = account.version.saturating_sub(1);
        if let Some((_, version)) =
            account.certain.as_mut().filter(|(_, version)| alone && *version == before)
        {
            *version = account.version;
        }
    }

    /// Judges the answer to a login with one of the person's passwords, or with none (`None`).
    pub(crate) fn login_answered<T>(
        &mut self,
        person: usize,
        password: usize,
        class: Class,
        reply: &Reply<T>,
    ) {
        let account = self.accounts.entry(person).or_default();
        match class {
            Class::Done => {
                if account.replaced.get(&password).is_some_and(|since| *since < reply.began.step) {
                    self.fails(format!("person {person} got in with a password that had been replaced"));
                } else if account.inactive_since.is_some_and(|since| since < reply.began.step) {
                    self.fails(format!("person {person} got in while switched off"));
                }
            }
            Class::Invalid | Class::Refused => {
                if account.certain == Some((password, account.version)) {
                    self.fails(format!("person {person} was refused with the right password"));
                }
            }
            Class::Denied | Class::Limited | Class::Ours => {}
        }
    }

    /// Whether from its beginning to now no other request may have changed the account.
    pub(crate) fn was_alone_with(&self, call: u32, person: usize) -> bool {
        let version = self.accounts.get(&person).map(|account| account.version);
        self.calls
            .get(&call)
            .is_some_and(|call| call.was_alone && call.versions.get(&person).copied() == version)
    }
}

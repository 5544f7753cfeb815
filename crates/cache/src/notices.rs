//! When something was last heard about each session and account, in fixed space.
//!
//! A load takes a [`Stamp`] before it begins; what it loaded is good for as long as no later notice concerns it. Names
//! share slots by their hash, so that a notice may void an entry too many, never one too few.

use evently_auth_domain::account::UserId;
use evently_auth_domain::session::Sid;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// 128 KiB. Ten thousand notices in five seconds void about one entry in two; that is a busy house.
const SLOTS: usize = 16_384;

/// A moment between notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp(u64);

pub(crate) struct Notices {
    latest: AtomicU64,
    /// The latest notice that concerned everything.
    everything: AtomicU64,
    slots: Box<[AtomicU64]>,
    hasher: RandomState,
}

impl Notices {
    pub(crate) fn new() -> Self {
        Self {
            latest: AtomicU64::new(0),
            everything: AtomicU64::new(0),
            slots: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::new(),
        }
    }

    /// Now. What is loaded from here on knows all that was noticed before.
    pub(crate) fn stamp(&self) -> Stamp {
        Stamp(self.latest.load(Ordering::SeqCst))
    }

    /// A session is no longer as it was.
    pub(crate) fn session(&self, sid: &Sid) {
        self.notice(self.slot(sid));
    }

    /// An account is no longer as it was, or one of its sessions is not.
    pub(crate) fn user(&self, user: UserId) {
        self.notice(self.slot(&user));
    }

    /// Nothing is known to be as it was.
    pub(crate) fn everything(&self) {
        self.notice(Some(&self.everything));
    }

    /// Whether nothing concerning the session or its owner was noticed since `stamp`.
    pub(crate) fn is_current(&self, stamp: Stamp, sid: &Sid, user: UserId) -> bool {
        [Some(&self.everything), self.slot(sid), self.slot(&user)]
            .into_iter()
            .all(|slot| slot.is_some_and(|slot| slot.load(Ordering::SeqCst) <= stamp.0))
    }

    fn notice(&self, slot: Option<&AtomicU64>) {
        // Whoever stamps between these two loads after the change that is noticed.
        let number = self.latest.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some(slot) = slot {
            slot.fetch_max(number, Ordering::SeqCst);
        }
    }

    fn slot(&self, name: &impl Hash) -> Option<&AtomicU64> {
        let hash = usize::try_from(self.hasher.hash_one(name) % SLOTS as u64).ok()?;
        self.slots.get(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: UserId = UserId(1);

    fn sid(number: usize) -> Sid {
        Sid::parse(&format!("{number:022}")).unwrap()
    }

    #[test]
    fn a_notice_voids_what_began_before_it() {
        let of_session = |notices: &Notices| notices.session(&sid(1));
        let of_user = |notices: &Notices| notices.user(ADA);
        for notice in [of_session, of_user, Notices::everything] {
            let notices = Notices::new();
            let before = notices.stamp();
            assert!(notices.is_current(before, &sid(1), ADA));
            notice(&notices);
            assert!(!notices.is_current(before, &sid(1), ADA));
            assert!(notices.is_current(notices.stamp(), &sid(1), ADA));
        }
    }

    #[test]
    fn few_others_are_voided() {
        let notices = Notices::new();
        let before = notices.stamp();
        (0..100).for_each(|number| notices.session(&sid(number)));
        // Each of another account: a notice may meet the slot of one, and then voids all that it has.
        let is_voided = |number: &usize| {
            let owner = UserId(i64::try_from(*number).unwrap());
            !notices.is_current(before, &sid(*number), owner)
        };
        let voided = (100..10_100).filter(is_voided).count();
        assert!(voided < 500, "{voided} of 10,000");
    }
}

//! What one instance remembers: a bounded number of sessions, none for longer than [`LIFE`], none while the line is down.

use crate::LIFE;
use crate::notices::{Notices, Stamp};
use evently_auth_domain::ports::{Signal, SignalListener};
use evently_auth_domain::session::{LiveSession, Sid, Touch};
use moka::ops::compute::Op;
use moka::sync::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// Most sessions remembered: about 50 MB, if as many are in use within five seconds.
const CAPACITY: u64 = 50_000;

pub(crate) struct LocalCache {
    entries: Cache<Sid, Arc<Entry>>,
    notices: Notices,
    /// What the two moments below count from, in microseconds; 0 is none.
    start: Instant,
    trusted_until: AtomicU64,
    up_since: AtomicU64,
}

#[derive(Clone)]
struct Entry {
    live: LiveSession,
    load: Load,
}

/// The beginning of a load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    stamp: Stamp,
    at: Instant,
}

impl Load {
    /// The same for what was in another cache for `age` already.
    pub(crate) fn aged(self, age: Duration) -> Option<Self> {
        Some(Self { at: self.at.checked_sub(age)?, ..self })
    }
}

impl LocalCache {
    pub(crate) fn new() -> Self {
        Self {
            entries: Cache::builder().max_capacity(CAPACITY).time_to_live(LIFE).build(),
            notices: Notices::new(),
            start: Instant::now(),
            trusted_until: AtomicU64::new(0),
            up_since: AtomicU64::new(0),
        }
    }

    /// Begins a load, before anything is asked.
    pub(crate) fn begin(&self) -> Load {
        Load { stamp: self.notices.stamp(), at: Instant::now() }
    }

    /// Whether signals would be heard at the moment, and so the caches can be trusted.
    pub(crate) fn is_trusted(&self) -> bool {
        self.micros(Instant::now()) < self.trusted_until.load(Ordering::SeqCst)
    }

    /// Whether what is shared can be: the line has been up for as long as anything lives there.
    pub(crate) fn is_shared_trusted(&self) -> bool {
        let since = self.up_since.load(Ordering::SeqCst);
        let up_for = self.micros(Instant::now()).saturating_sub(since);
        since > 0 && Duration::from_micros(up_for) >= LIFE
    }

    /// What is remembered of a session, if it may be used.
    pub(crate) fn find(&self, sid: &Sid) -> Option<LiveSession> {
        self.entry(sid).map(|entry| entry.live.clone())
    }

    /// Remembers what was loaded, if it admits anybody; forgets what was remembered, if not.
    pub(crate) fn keep(&self, load: Load, sid: &Sid, loaded: Option<&LiveSession>) {
        match loaded.filter(|live| is_worth_keeping(live)) {
            Some(live) => self.entries.insert(sid.clone(), Arc::new(Entry { live: live.clone(), load })),
            None => self.entries.invalidate(sid),
        }
    }

    /// Whether what was loaded is worth sharing: nothing was heard of it meanwhile.
    pub(crate) fn is_current(&self, load: Load, live: &LiveSession) -> bool {
        is_worth_keeping(live)
            && self.is_trusted()
            && self.notices.is_current(load.stamp, &live.session.sid, live.user.id)
    }

    /// Notes a use on what is remembered, so that it is not noted again with each request. It lives no longer for that.
    pub(crate) fn note(&self, touch: &Touch) {
        // One at a time for each session: of two uses at once none is lost.
        self.entries.entry_by_ref(&touch.sid).and_compute_with(|kept| match kept {
            Some(kept) => {
                let Entry { mut live, load } = Entry::clone(kept.value());
                live.session.note(touch);
                Op::Put(Arc::new(Entry { live, load }))
            }
            None => Op::Nop,
        });
    }

    /// Voids what `changed` names.
    pub(crate) fn forget(&self, changed: &[Signal]) {
        changed.iter().for_each(|signal| self.heard(signal));
    }

    /// Voids everything.
    pub(crate) fn clear(&self) {
        self.notices.everything();
        self.entries.invalidate_all();
    }

    fn entry(&self, sid: &Sid) -> Option<Arc<Entry>> {
        let entry = self.entries.get(sid)?;
        let is_good = self.is_trusted()
            && entry.load.at.elapsed() < LIFE
            && self.notices.is_current(entry.load.stamp, sid, entry.live.user.id);
        is_good.then_some(entry)
    }

    fn micros(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.start).as_micros()).unwrap_or(u64::MAX)
    }
}

/// Sessions that would be refused are not: the store is asked in any case. Nor are those of accounts that others may
/// replace or sweep, which they do without naming them.
fn is_worth_keeping(live: &LiveSession) -> bool {
    live.session.is_active && live.user.is_active && live.user.claim_expires_at.is_none()
}

impl SignalListener for LocalCache {
    fn heard(&self, signal: &Signal) {
        match signal {
            Signal::SessionChanged(sid) => self.notices.session(sid),
            Signal::UserChanged(user) => self.notices.user(*user),
            Signal::MailWaiting => {}
        }
    }

    fn line_changed(&self, is_up: bool) {
        self.trusted_until.store(0, Ordering::SeqCst);
        // Also when it comes up: what loaded while it was down may have missed a signal.
        self.clear();
        let since = if is_up { self.micros(Instant::now()).max(1) } else { 0 };
        self.up_since.store(since, Ordering::SeqCst);
    }

    fn line_proven(&self, until: std::time::Instant) {
        self.trusted_until.store(self.micros(Instant::from_std(until)), Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use evently_auth_contract::given;
    use evently_auth_domain::effects::Effects;
    use evently_auth_domain::ports::{CreatedUser, Opened, Sessions, UnchangedPassword, Users};
    use evently_auth_domain::session::Generation;
    use evently_auth_memory::MemoryStore;
    use std::sync::Barrier;
    use std::thread;

    /// How often each of the threads notes a use.
    const USES: i64 = 2_000;

    async fn live() -> LiveSession {
        let store = MemoryStore::new(given::audit_key());
        let created = store.create(given::user("ada"), Effects::default()).await.unwrap();
        let CreatedUser::Created(user) = created else { panic!("the name is free") };
        let password = UnchangedPassword { verified: given::password(), rehashed: None };
        let opened = store.open(given::session(&user, 1), password, Effects::default()).await.unwrap();
        let Opened::Opened(live) = opened else { panic!("it may sign in") };
        live
    }

    /// Half of the threads use newer and newer tokens, the others come later and later; nobody undoes what another noted.
    #[tokio::test]
    async fn of_two_uses_at_once_none_is_lost() {
        let (cache, sid) = (LocalCache::new(), given::sid(1));
        cache.keep(cache.begin(), &sid, Some(&live().await));
        let touch = |seen, at| Touch {
            sid: sid.clone(),
            seen_generation: Generation(seen),
            ip_address: None,
            user_agent: None,
            at: given::at(at),
        };
        let noted = || cache.entries.get(&sid).unwrap().live.session.clone();
        let start = Barrier::new(4);
        thread::scope(|scope| {
            for number in 0..4 {
                let (touch, noted, start, cache) = (&touch, &noted, &start, &cache);
                scope.spawn(move || {
                    start.wait();
                    for use_ in 1..=USES {
                        if number % 2 == 0 {
                            cache.note(&touch(use_, 0));
                            assert!(noted().seen_generation >= Some(Generation(use_)), "use {use_} is lost");
                        } else {
                            cache.note(&touch(0, use_));
                            assert!(noted().last_accessed >= given::at(use_), "use {use_} is lost");
                        }
                    }
                });
            }
        });
        let session = noted();
        assert_eq!(
            (session.seen_generation, session.last_accessed),
            (Some(Generation(USES)), given::at(USES))
        );
    }
}

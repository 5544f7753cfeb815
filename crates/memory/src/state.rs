//! The store: one lock over one state, so that a change and its effects are one step.

use async_trait::async_trait;
use evently_auth_domain::account::{User, UserId};
use evently_auth_domain::audit::{AuditEnds, AuditKey, AuditRecord, AuditSeal};
use evently_auth_domain::effects::{Effects, EndSessions};
use evently_auth_domain::error::{StoreError, StoreErrorKind};
use evently_auth_domain::mail::MailId;
use evently_auth_domain::password::PasswordHash;
use evently_auth_domain::ports::Probe;
use evently_auth_domain::session::{Session, Sid};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::outbox::WaitingMail;

/// Accounts, sessions, mails and the audit in process: `Users`, `UserImports`, `Sessions`, `Outbox`, `AuditLog` and
/// `Probe`.
///
/// A clone is another handle on the same store. Lookups that no id serves walk over everything: it is made for tests.
#[derive(Clone)]
pub struct MemoryStore(Arc<Mutex<State>>);

/// Everything that the store knows. A method of a port checks first and changes last, so it is done or not begun.
pub(crate) struct State {
    pub(crate) users: BTreeMap<UserId, Account>,
    pub(crate) sessions: BTreeMap<Sid, Session>,
    pub(crate) mails: BTreeMap<MailId, WaitingMail>,
    pub(crate) audit: Vec<AuditRecord>,
    pub(crate) seals: Vec<AuditSeal>,
    pub(crate) ends: AuditEnds,
    last_number: i64,
    audit_key: AuditKey,
    fault: Option<(u32, StoreErrorKind)>,
}

/// An account with what a `User` does not show.
pub(crate) struct Account {
    pub(crate) user: User,
    pub(crate) password: PasswordHash,
    /// Grows with each wish for an address: who has the highest one wanted it last.
    pub(crate) wish: i64,
}

impl MemoryStore {
    /// An empty store that digests its audit with `audit_key`.
    pub fn new(audit_key: AuditKey) -> Self {
        Self(Arc::new(Mutex::new(State {
            users: BTreeMap::new(),
            sessions: BTreeMap::new(),
            mails: BTreeMap::new(),
            audit: Vec::new(),
            seals: Vec::new(),
            ends: AuditEnds::default(),
            last_number: 0,
            audit_key,
            fault: None,
        })))
    }

    /// Makes the next call of any port fail, once.
    pub fn fail_next(&self, kind: StoreErrorKind) {
        self.fail_after(0, kind);
    }

    /// Lets `calls` calls pass and makes the one after them fail, once.
    pub fn fail_after(&self, calls: u32, kind: StoreErrorKind) {
        self.lock().fault = Some((calls, kind));
    }

    /// The state, for one step; the fault instead, when its time has come.
    pub(crate) fn state(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let mut state = self.lock();
        match state.fault.take() {
            Some((0, kind)) => Err(failure(kind)),
            Some((calls, kind)) => {
                state.fault = Some((calls - 1, kind));
                Ok(state)
            }
            None => Ok(state),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn failure(kind: StoreErrorKind) -> StoreError {
    const ORDERED: &str = "a test asked for this failure";
    match kind {
        StoreErrorKind::Unavailable => StoreError::unavailable(ORDERED),
        StoreErrorKind::Contention => StoreError::contention(ORDERED),
        StoreErrorKind::Corrupt => StoreError::corrupt(ORDERED),
    }
}

impl State {
    /// A number that was never given before, for whatever needs one.
    pub(crate) fn next_number(&mut self) -> i64 {
        self.last_number += 1;
        self.last_number
    }

    /// Makes every number to come a higher one than `number`.
    pub(crate) fn pass_number(&mut self, number: i64) {
        self.last_number = self.last_number.max(number);
    }

    /// Writes effects; `owner` is the account whose sessions they may end.
    pub(crate) fn write(&mut self, effects: Effects, owner: Option<UserId>) {
        for mail in effects.mails {
            let id = MailId(self.next_number());
            self.mails.insert(id, WaitingMail::new(mail));
        }
        for event in effects.audit {
            let mac = self.audit_key.row_mac(&event);
            let id = self.next_number();
            self.audit.push(AuditRecord { id, event, mac, sealed_by: None });
        }
        let Some(owner) = owner else { return };
        let spared = match effects.end_sessions {
            EndSessions::None => return,
            EndSessions::All => None,
            EndSessions::AllBut(sid) => Some(sid),
        };
        self.end_sessions(|session| session.user_id == owner && spared.as_ref() != Some(&session.sid));
    }

    /// Ends the active sessions that `which` picks; says how many.
    pub(crate) fn end_sessions(&mut self, which: impl Fn(&Session) -> bool) -> u64 {
        let mut ended = 0;
        for session in self.sessions.values_mut().filter(|session| session.is_active && which(session)) {
            session.is_active = false;
            ended += 1;
        }
        ended
    }

    /// Removes an account and its sessions.
    pub(crate) fn remove_user(&mut self, id: UserId) {
        self.users.remove(&id);
        self.sessions.retain(|_, session| session.user_id != id);
    }
}

#[async_trait]
impl Probe for MemoryStore {
    async fn probe(&self) -> Result<(), StoreError> {
        self.state().map(|_| ())
    }
}

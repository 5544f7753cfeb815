//! What a clause is given: adapters over an empty store, and a way to let time pass.

use crate::given;
use chrono::TimeDelta;
use evently_auth_domain::account::{NewUser, User};
use evently_auth_domain::audit::AuditRecord;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::mail::{MailEntry, SealedMail};
use evently_auth_domain::ports::{
    AccessTokens, AuditLog, Codes, CreatedUser, Mailbox, Mailer, Opened, Outbox, PasswordHasher, Probe,
    RateLimits, Sessions, UnchangedPassword, UserImports, Users,
};
use evently_auth_domain::session::{LiveSession, NewSession};
use futures_util::future::BoxFuture;
use std::any::Any;
use std::sync::Arc;

/// Lets time pass for an adapter that keeps its own clock, or really waits.
pub type Advance = Box<dyn Fn(TimeDelta) -> BoxFuture<'static, ()> + Send + Sync>;

/// For `users!`, `sessions!`, `outbox!` and `audit_log!`: the ports over one empty store.
pub struct StoreHarness {
    /// Accounts.
    pub users: Arc<dyn Users>,
    /// Sessions.
    pub sessions: Arc<dyn Sessions>,
    /// Waiting mails.
    pub outbox: Arc<dyn Outbox>,
    /// The audit, under [`given::audit_key`].
    pub audit_log: Arc<dyn AuditLog>,
    /// What must live as long as the store: a temporary folder, a server.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// For `user_imports!`: an empty store that takes over accounts.
pub struct ImportHarness {
    /// What else the store does.
    pub store: StoreHarness,
    /// Imports into it.
    pub imports: Arc<dyn UserImports>,
}

/// For `codes!`: empty slots.
pub struct CodesHarness {
    /// One-time codes.
    pub codes: Arc<dyn Codes>,
    /// Lets time pass.
    pub advance: Advance,
    /// What must live as long as the store.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// For `rate_limits!`: nothing counted yet.
pub struct LimitsHarness {
    /// Rate limits.
    pub rate_limits: Arc<dyn RateLimits>,
    /// Lets time pass.
    pub advance: Advance,
    /// What must live as long as the store.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// For `access_tokens!`.
pub struct TokensHarness {
    /// The key set under test.
    pub tokens: Arc<dyn AccessTokens>,
    /// Key sets that it must not take for its own: another key, another algorithm.
    pub strangers: Vec<Arc<dyn AccessTokens>>,
}

/// For `password_hasher!`.
pub struct HasherHarness {
    /// The hasher under test.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Hashers whose hashes are outdated for it: other parameters, another algorithm.
    pub outdated: Vec<Arc<dyn PasswordHasher>>,
    /// A hasher for which too many of [`given::crowding`](crate::given::crowding) wait already.
    pub crowded: Arc<dyn PasswordHasher>,
    /// Has `crowded` get on with its work.
    pub relieve: Box<dyn Fn() + Send + Sync>,
    /// Hashes that look like some, with parameters out of bounds.
    pub out_of_bounds: Vec<String>,
}

/// For `mailer!`: a mailer and the mailbox that its mails arrive in.
pub struct MailHarness {
    /// Sends.
    pub mailer: Arc<dyn Mailer>,
    /// Shows what arrived.
    pub mailbox: Arc<dyn Mailbox>,
    /// What must live as long as the mailbox.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// For `probe!`.
pub struct ProbeHarness {
    /// A dependency that is there.
    pub present: Arc<dyn Probe>,
    /// One that is not.
    pub away: Arc<dyn Probe>,
    /// What must live as long as both.
    pub keep: Box<dyn Any + Send + Sync>,
}

impl StoreHarness {
    /// Creates an account that must be creatable.
    pub async fn add(&self, new: NewUser) -> User {
        match self.users.create(new, Effects::default()).await.unwrap() {
            CreatedUser::Created(user) => user,
            CreatedUser::Taken => panic!("address or username is taken"),
        }
    }

    /// Opens a session that must be openable, for an account from [`given`].
    pub async fn open(&self, new: NewSession) -> LiveSession {
        let password = UnchangedPassword { verified: given::password(), rehashed: None };
        match self.sessions.open(new, password, Effects::default()).await.unwrap() {
            Opened::Opened(live) => live,
            Opened::Refused => panic!("the session was refused"),
        }
    }

    /// Puts mails into the outbox.
    pub async fn post(&self, mails: impl IntoIterator<Item = SealedMail>) {
        let effects = Effects { mails: mails.into_iter().collect(), ..Effects::default() };
        self.outbox.put(effects).await.unwrap();
    }

    /// Every mail, oldest first.
    pub async fn mails(&self) -> Vec<MailEntry> {
        let mut mails = self.outbox.list(None, 10_000).await.unwrap();
        mails.reverse();
        mails
    }

    /// Every row of the audit.
    pub async fn audit(&self) -> Vec<AuditRecord> {
        self.audit_log.rows(0, 10_000).await.unwrap()
    }

    /// The effects of [`given::effects`] happened exactly `times` times, and nothing else did.
    pub async fn assert_effects(&self, times: usize) {
        assert_eq!(self.mails().await.len(), times, "mails in the outbox");
        assert_eq!(self.audit().await.len(), times, "rows in the audit");
    }
}

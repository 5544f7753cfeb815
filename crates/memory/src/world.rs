//! A complete world for tests: every port in process, and a handle on each.

use crate::outage::Interrupted;
use crate::{
    FallbackRateLimits, Inbox, MemoryAccessTokens, MemoryCodes, MemoryRateLimits, MemoryStore, Outage,
    PlainHasher, SeededEntropy,
};
use evently_auth_domain::keys::Keys;
use evently_auth_domain::ports::Clock;
use evently_auth_domain::settings::Settings;
use evently_auth_domain::{Auth, Ports};
use std::sync::Arc;

/// What [`Auth`] needs, in process and repeatable; a clone is another handle on the same world.
///
/// ```
/// use evently_auth_clock::MovableClock;
/// use evently_auth_memory::MemoryWorld;
/// use std::sync::Arc;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let world = MemoryWorld::new(Arc::new(MovableClock::default()));
/// let auth = world.auth();
/// // Call use cases, deliver what they mailed, and read it.
/// auth.deliver_mails(10).await.unwrap();
/// assert_eq!(world.inbox().code_for("nobody@example.com"), None);
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryWorld {
    settings: Settings,
    keys: Keys,
    clock: Arc<dyn Clock>,
    store: MemoryStore,
    codes: MemoryCodes,
    rate_limits: FallbackRateLimits,
    outage: Outage,
    password_hasher: PlainHasher,
    access_tokens: MemoryAccessTokens,
    inbox: Inbox,
    entropy: Arc<SeededEntropy>,
}

impl MemoryWorld {
    /// An empty world on `clock`, with the default settings.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_settings(clock, Settings::default())
    }

    /// An empty world on `clock`, with these settings.
    pub fn with_settings(clock: Arc<dyn Clock>, settings: Settings) -> Self {
        let keys = Keys::derive(b"the secret of every world in memory");
        let outage = Outage::default();
        let shared = Interrupted { port: MemoryRateLimits::new(clock.clone()), outage: outage.clone() };
        Self {
            settings,
            store: MemoryStore::new(keys.audit.clone()),
            codes: MemoryCodes::new(clock.clone()),
            rate_limits: FallbackRateLimits::new(Arc::new(shared), clock.clone()),
            outage,
            password_hasher: PlainHasher::default(),
            access_tokens: MemoryAccessTokens::new([1; 32]),
            inbox: Inbox::new(),
            entropy: Arc::new(SeededEntropy::new(1)),
            keys,
            clock,
        }
    }

    /// Every use case over this world.
    pub fn auth(&self) -> Auth {
        Auth::new(self.ports(), self.settings.clone(), self.keys.clone())
    }

    /// The ports one by one, for a test that replaces some of them before [`Auth::new`].
    pub fn ports(&self) -> Ports {
        Ports {
            users: Arc::new(self.store.clone()),
            sessions: Arc::new(self.store.clone()),
            codes: Arc::new(Interrupted { port: self.codes.clone(), outage: self.outage.clone() }),
            rate_limits: Arc::new(self.rate_limits.clone()),
            outbox: Arc::new(self.store.clone()),
            audit_log: Arc::new(self.store.clone()),
            password_hasher: Arc::new(self.password_hasher.clone()),
            access_tokens: Arc::new(self.access_tokens.clone()),
            mailer: Arc::new(self.inbox.clone()),
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
        }
    }

    /// The rules' parameters.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The server's keys, the same in each world.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Accounts, sessions, waiting mails and the audit; can be told to fail.
    pub fn store(&self) -> &MemoryStore {
        &self.store
    }

    /// One-time codes.
    pub fn codes(&self) -> &MemoryCodes {
        &self.codes
    }

    /// Rate limits.
    pub fn rate_limits(&self) -> &FallbackRateLimits {
        &self.rate_limits
    }

    /// Takes codes and shared limits away, as when Redis is.
    pub fn outage(&self) -> &Outage {
        &self.outage
    }

    /// Password hashing; can be told to be overloaded, or that its hashes are outdated.
    pub fn password_hasher(&self) -> &PlainHasher {
        &self.password_hasher
    }

    /// Access tokens.
    pub fn access_tokens(&self) -> &MemoryAccessTokens {
        &self.access_tokens
    }

    /// The mails that were delivered; can be told to refuse them.
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }
}

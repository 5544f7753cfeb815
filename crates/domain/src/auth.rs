//! The handle that callers hold.

use crate::error::StoreError;
use crate::keys::Keys;
use crate::mail::{Mail, SealedMail};
use crate::ports::{
    AccessTokens, AuditLog, Clock, Codes, Entropy, Mailer, Outbox, PasswordHasher, RateLimits, Sessions,
    Users,
};
use crate::settings::Settings;
use crate::{Timestamp, client::Client};
use std::sync::Arc;

/// What the rules need of the world; wiring chooses each.
#[derive(Clone)]
pub struct Ports {
    /// Accounts.
    pub users: Arc<dyn Users>,
    /// Sessions.
    pub sessions: Arc<dyn Sessions>,
    /// One-time codes.
    pub codes: Arc<dyn Codes>,
    /// Rate limits.
    pub rate_limits: Arc<dyn RateLimits>,
    /// Waiting mails.
    pub outbox: Arc<dyn Outbox>,
    /// The audit.
    pub audit_log: Arc<dyn AuditLog>,
    /// Password hashing.
    pub password_hasher: Arc<dyn PasswordHasher>,
    /// Access tokens.
    pub access_tokens: Arc<dyn AccessTokens>,
    /// Delivery of mails.
    pub mailer: Arc<dyn Mailer>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// Every use case, ready to be called: one method each, in the files under `usecases`. Cheap to clone.
#[derive(Clone)]
pub struct Auth {
    pub(crate) ports: Ports,
    pub(crate) settings: Arc<Settings>,
    pub(crate) keys: Keys,
}

impl Auth {
    /// Puts rules and world together.
    pub fn new(ports: Ports, settings: Settings, keys: Keys) -> Self {
        Self { ports, settings: Arc::new(settings), keys }
    }

    /// The rules' parameters.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The time, by the clock of all use cases.
    pub fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    pub(crate) fn seal(&self, mail: &Mail, client: &Client, at: Timestamp) -> Result<SealedMail, StoreError> {
        self.keys.mails.seal(mail, at, &client.request_id, self.ports.entropy.as_ref())
    }
}

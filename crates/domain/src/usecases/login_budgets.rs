//! In which budgets an attempt to sign in counts: those of strangers, or the one of a device that signed in before.
//!
//! Strangers together have a budget for each name of an account, however many networks they come from. It cannot keep
//! the owner out, whose devices have budgets of their own.
//!
//! What strangers type is what they are counted by, never the account that was found: a count that its address and its
//! username shared would tell everybody whose address it is, and so would one that starts anew where an account is made.

use crate::Auth;
use crate::account::{Credentials, Identifier, UserId};
use crate::client::Client;
use crate::device::{DeviceId, KnownDevice};
use crate::limits::WhenAway::CountHere;
use crate::limits::{Budget, LimitKey, TakeBack};
use crate::usecases::{LimitedRoute, LogIn, LogInError};
use std::fmt;

/// One attempt: who makes it, and where it counts.
pub(crate) struct LoginAttempt {
    /// The device, when it signed in to this account before.
    pub(crate) device: Option<DeviceId>,
    /// Failures of this device with its account, or of this network with the name that was typed.
    pub(crate) failures: Budget,
    /// Failures of all strangers with the name that was typed; none for a device that is known.
    account: Option<Budget>,
    /// Attempts of this network with any account.
    network: Budget,
}

impl LoginAttempt {
    fn budgets(&self) -> Vec<Budget> {
        let all = [Some(&self.failures), self.account.as_ref(), Some(&self.network)];
        all.into_iter().flatten().cloned().collect()
    }
}

impl Auth {
    /// Who attempts, and where that counts.
    pub(crate) fn login_attempt(
        &self,
        command: &LogIn,
        found: Option<&Credentials>,
        client: &Client,
    ) -> LoginAttempt {
        let now = self.now();
        // All of them, whoever was found: the time tells nothing of the account.
        let known: Vec<KnownDevice> =
            command.devices.iter().filter_map(|device| self.keys.devices.prove(device, now)).collect();
        let device = found.and_then(|found| known.iter().find(|known| known.account == found.user.id));
        let limits = &self.settings.limits;
        let budget =
            |what, who: &dyn fmt::Display, limit| Budget { key: LimitKey::new(what, who, CountHere), limit };
        let (failures, account) = match device {
            Some(device) => (budget("login-device", &device.id, limits.login), None),
            None => {
                let typed = typed(&command.identifier);
                let here = format_args!("{typed}|{}", client.network());
                (
                    budget("login", &here, limits.login),
                    Some(budget("login-account", &typed, limits.login_account)),
                )
            }
        };
        let network = self.network_budget(LimitedRoute::LogIn, client);
        LoginAttempt { device: device.map(|device| device.id), failures, account, network }
    }

    /// Counts `attempt` until it turns out to be no failure: parallel guesses get no more than serial ones. What is refused
    /// is recorded as one of `account`, if there is one.
    pub(crate) async fn admit_login(
        &self,
        client: &Client,
        attempt: &LoginAttempt,
        account: Option<UserId>,
    ) -> Result<(), LogInError> {
        let admitted = self.admit(client, &attempt.budgets()).await;
        if matches!(admitted, Err(LogInError::RateLimited(_))) {
            self.record_throttled(attempt, account, client).await?;
        }
        admitted
    }

    /// The password was right: the failures of whoever came are forgotten. Of those of all strangers only this attempt
    /// is taken back, for logins of the owner must not renew the budget of guessers. What cannot be forgotten now is so
    /// at the end of its window.
    pub(crate) async fn forgive_login(&self, attempt: &LoginAttempt) {
        let failures = TakeBack::All(attempt.failures.key.clone());
        let account = attempt.account.as_ref().map(|account| TakeBack::Latest(account.key.clone()));
        let forgiven: Vec<_> = std::iter::once(failures).chain(account).collect();
        drop(self.ports.rate_limits.take_back(&forgiven).await);
    }

    /// The failure is ours: the attempt counts nowhere.
    pub(crate) async fn take_back_login(&self, attempt: &LoginAttempt) {
        self.take_back(&attempt.budgets()).await;
    }
}

/// Each name of an account, as budgets know it; the two kinds have nothing in common.
fn typed(identifier: &Identifier) -> String {
    match identifier {
        Identifier::Email(email) => format!("email:{email}"),
        Identifier::Username(name) => format!("username:{name}"),
        Identifier::Id(id) => format!("id:{id}"),
    }
}

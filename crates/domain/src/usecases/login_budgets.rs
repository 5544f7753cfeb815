//! In which budgets an attempt to sign in counts: those of strangers, or the one of a device that signed in before.
//!
//! Strangers together have a budget for each account, however many networks they come from. It cannot keep the owner
//! out, whose devices have budgets of their own.

use crate::Auth;
use crate::account::{Credentials, Identifier};
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
    /// Failures of this device, or of this network, with this account.
    failures: Budget,
    /// Failures of all strangers with this account; none for a device that is known.
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
        // Where registrations conceal, a count that address and username share would tell whose address it is; but not
        // to a device that signed in with it.
        let shared = found.filter(|_| device.is_some() || !self.conceals());
        let account = counted_as(&command.identifier, shared);
        let limits = &self.settings.limits;
        let budget = |what, who: &dyn fmt::Display, limit| Budget {
            key: LimitKey::new(what, format_args!("{account}|{who}"), CountHere),
            limit,
        };
        let (failures, account) = match device {
            Some(device) => (budget("login-device", &device.id, limits.login), None),
            None => (
                budget("login", &client.network(), limits.login),
                Some(Budget {
                    key: LimitKey::new("login-account", &account, CountHere),
                    limit: limits.login_account,
                }),
            ),
        };
        let network = self.network_budget(LimitedRoute::LogIn, client);
        LoginAttempt { device: device.map(|device| device.id), failures, account, network }
    }

    /// Counts `attempt` until it turns out to be no failure: parallel guesses get no more than serial ones.
    pub(crate) async fn admit_login(
        &self,
        client: &Client,
        attempt: &LoginAttempt,
    ) -> Result<(), LogInError> {
        self.admit(client, &attempt.budgets()).await
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

/// The account as budgets name it: its id, which address and username share. While nobody has proven its address, it
/// goes by what was typed, like an account that does not exist: a registration between two attempts changes nothing.
fn counted_as(typed: &Identifier, found: Option<&Credentials>) -> String {
    match (found, typed) {
        (Some(Credentials { user, .. }), _) if user.is_verified => format!("id:{}", user.id),
        (_, Identifier::Email(email)) => format!("email:{email}"),
        (_, Identifier::Username(name)) => format!("username:{name}"),
        (_, Identifier::Id(id)) => format!("id:{id}"),
    }
}

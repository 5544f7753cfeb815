//! Which limits stand before which use case, and how a use case passes them.

use crate::Auth;
use crate::access::Principal;
use crate::account::{EmailAddress, UserId};
use crate::client::Client;
use crate::error::StoreError;
use crate::limits::WhenAway::{CountHere, Refuse};
use crate::limits::{Admission, Budget, LimitKey, LimitStatus, TakeBack};

/// Too many requests; the status names the true wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many requests")]
pub struct RateLimited(pub LimitStatus);

/// The routes that count by network alone, or by network as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitedRoute {
    /// Registration.
    Register,
    /// Login.
    LogIn,
    /// Verification and reset, with a code.
    VerifyCode,
    /// Resend and forgot, for a code.
    RequestCode,
}

/// Whose fault a failure is.
pub(crate) trait Blame {
    /// Whether it is ours, so that it must not count against the caller.
    fn is_ours(&self) -> bool;
}

/// `Store` and `Hash` are ours, in every error that has them.
macro_rules! blame {
    ($($error:ident: $($ours:ident)|+;)+) => {
        $(impl Blame for crate::usecases::$error {
            fn is_ours(&self) -> bool {
                matches!(self, $(Self::$ours(_))|+)
            }
        })+
    };
}

blame! {
    RegisterError: Hash | Store;
    VerifyEmailError: Store;
    ResendCodeError: Store;
    ForgotPasswordError: Store;
    ResetPasswordError: Hash | Store;
    ChangePasswordError: Hash | Store;
    UpdateProfileError: Hash | Store;
}

impl Auth {
    /// Where `client` stands with the limit of its network on `route`, without counting: for answers that are given
    /// before the use case is called.
    ///
    /// # Errors
    /// When the limits are away.
    pub async fn peek_limit(&self, route: LimitedRoute, client: &Client) -> Result<LimitStatus, StoreError> {
        self.ports.rate_limits.peek(&[self.network_budget(route, client)]).await
    }

    /// Notes on `client` where the account of `principal` stands with the limit of its password, without counting: for
    /// answers that are given before the use case is called.
    ///
    /// # Errors
    /// When the limits are away.
    pub async fn note_password_limit(
        &self,
        principal: &Principal,
        client: &Client,
    ) -> Result<(), StoreError> {
        let budget = self.password_budget(principal.user.id);
        client.note_limit(self.ports.rate_limits.peek(&[budget]).await?);
        Ok(())
    }

    /// Counts in every budget, or refuses; notes on the client what it found.
    pub(crate) async fn admit<E>(&self, client: &Client, budgets: &[Budget]) -> Result<(), E>
    where
        E: From<RateLimited> + From<StoreError>,
    {
        match self.ports.rate_limits.acquire(budgets).await? {
            Admission::Admitted(status) => {
                client.note_limit(status);
                Ok(())
            }
            Admission::Refused(status) => {
                client.note_limit(status);
                Err(RateLimited(status).into())
            }
        }
    }

    /// Does `work` if every budget admits it. A failure of ours takes the attempt back.
    pub(crate) async fn limited<T, E>(
        &self,
        client: &Client,
        budgets: &[Budget],
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E>
    where
        E: From<RateLimited> + From<StoreError> + Blame,
    {
        self.admit::<E>(client, budgets).await?;
        let outcome = work.await;
        if outcome.as_ref().is_err_and(Blame::is_ours) {
            self.take_back(budgets).await;
        }
        outcome
    }

    /// Takes an attempt back after a failure of ours, which is what the caller is told. An attempt that cannot be taken
    /// back now counts for the length of its window.
    pub(crate) async fn take_back(&self, budgets: &[Budget]) {
        let latest: Vec<_> = budgets.iter().map(|budget| TakeBack::Latest(budget.key.clone())).collect();
        drop(self.ports.rate_limits.take_back(&latest).await);
    }

    pub(crate) fn network_budget(&self, route: LimitedRoute, client: &Client) -> Budget {
        let limits = &self.settings.limits;
        let (what, limit, when_away) = match route {
            LimitedRoute::Register => ("register", limits.register, Refuse),
            LimitedRoute::LogIn => ("login-address", limits.login_address, CountHere),
            LimitedRoute::VerifyCode => ("verify", limits.verify, Refuse),
            LimitedRoute::RequestCode => ("resend-address", limits.resend_address, Refuse),
        };
        Budget { key: LimitKey::new(what, client.network(), when_away), limit }
    }

    pub(crate) fn code_budget(&self, address: &EmailAddress) -> Budget {
        Budget { key: LimitKey::new("resend", address, Refuse), limit: self.settings.limits.resend }
    }

    pub(crate) fn password_budget(&self, user: UserId) -> Budget {
        Budget { key: LimitKey::new("password", user, CountHere), limit: self.settings.limits.password }
    }
}

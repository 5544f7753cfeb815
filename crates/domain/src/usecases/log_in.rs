//! Login: a session for whoever knows the password of a verified, active account.

use crate::Auth;
use crate::account::{Credentials, Identifier};
use crate::audit::{AuditAction, AuditEvent, AuditOutcome};
use crate::client::Client;
use crate::device::{DeviceId, DeviceToken, KnownDevice, PresentedDevice};
use crate::effects::Effects;
use crate::error::StoreError;
use crate::password::Password;
use crate::ports::{HashError, Opened, PasswordVerdict, UnchangedPassword};
use crate::session::{NewSession, Seed, Sid};
use crate::usecases::{RateLimited, Tokens};

/// Who wants in, and what proves it.
#[derive(Debug, Clone)]
pub struct LogIn {
    /// Address or username.
    pub identifier: Identifier,
    /// As typed.
    pub password: Password,
    /// What the client presents to be known as a device that signed in before. The caller bounds how many there are:
    /// each costs a digest.
    pub devices: Vec<PresentedDevice>,
}

/// What a login gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// For requests.
    pub tokens: Tokens,
    /// For later logins from the same device.
    pub device: DeviceToken,
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// Too many failures for this account or of this device, or attempts from this network.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// Unknown account, wrong password or inactive account; which is not told, nor to be seen from the time it takes.
    #[error("invalid credentials")]
    InvalidCredentials,
    /// The password was right; the address is not proven yet.
    #[error("the e-mail address is not verified")]
    Unverified,
    /// Either of the two above, which registrations that conceal keep to themselves: who never proved an address looks
    /// like nobody.
    #[error("invalid credentials, or the e-mail address is not verified")]
    InvalidOrUnverified,
    /// Nothing was hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// Something broke.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Auth {
    /// Signs somebody in.
    ///
    /// # Errors
    /// See [`LogInError`]; then no session was opened.
    pub async fn log_in(&self, command: LogIn, client: &Client) -> Result<SignedIn, LogInError> {
        // First of all, and for whichever account: a flood that is turned away costs no store anything.
        self.ports.password_hasher.has_room(Some(client.network()))?;
        let found = self.ports.users.find_credentials(&command.identifier).await?;
        let attempt = self.login_attempt(&command, found.as_ref(), client);
        self.admit_login(client, &attempt, found.as_ref().map(|found| found.user.id)).await?;

        let mut outcome = self.try_log_in(&command, found, attempt.device, client).await;
        if matches!(outcome, Ok(None)) {
            // The account changed while the password was hashed, perhaps only its hash, by another login.
            outcome = match self.ports.users.find_credentials(&command.identifier).await {
                Ok(found) => self.try_log_in(&command, found, attempt.device, client).await,
                Err(broken) => Err(broken.into()),
            };
        }
        let outcome = outcome.and_then(|signed_in| signed_in.ok_or(LogInError::InvalidCredentials));
        let outcome = outcome.map_err(|refused| match refused {
            LogInError::InvalidCredentials | LogInError::Unverified if self.conceals() => {
                LogInError::InvalidOrUnverified
            }
            told => told,
        });
        match &outcome {
            Ok(_) | Err(LogInError::Unverified) => self.forgive_login(&attempt).await,
            Err(LogInError::Hash(_) | LogInError::Store(_)) => self.take_back_login(&attempt).await,
            Err(
                LogInError::RateLimited(_) | LogInError::InvalidCredentials | LogInError::InvalidOrUnverified,
            ) => {}
        }
        outcome
    }

    /// One try; nothing when the account changed while the password was hashed.
    async fn try_log_in(
        &self,
        command: &LogIn,
        found: Option<Credentials>,
        device: Option<DeviceId>,
        client: &Client,
    ) -> Result<Option<SignedIn>, LogInError> {
        let (hasher, network) = (&self.ports.password_hasher, Some(client.network()));
        let hash = found.as_ref().map(|found| &found.password);
        let verdict = hasher.verify(&command.password, hash, network).await?;
        let now = self.now();
        let subject = found.as_ref().map(|found| found.user.id);
        let event =
            |outcome| AuditEvent { subject, ..AuditEvent::new(AuditAction::LoggedIn, outcome, client, now) };
        let known = found.filter(|found| verdict.matches && found.user.is_active);
        let Some(Credentials { user, password }) = known else {
            self.ports.outbox.put(Effects::audit(event(AuditOutcome::Failure))).await?;
            return Err(LogInError::InvalidCredentials);
        };
        if !user.is_verified {
            let event = event(AuditOutcome::Failure).with("unverified");
            self.ports.outbox.put(Effects::audit(event)).await?;
            return Err(LogInError::Unverified);
        }
        let rehashed = match verdict {
            PasswordVerdict { outdated: true, .. } => match hasher.hash(&command.password, network).await {
                Ok(hash) => Some(hash),
                Err(HashError::Overloaded { .. }) => None, // the next login will do
                Err(failed) => return Err(failed.into()),
            },
            PasswordVerdict { outdated: false, .. } => None,
        };
        let entropy = self.ports.entropy.as_ref();
        let id = device.map_or_else(|| DeviceId::generate(entropy), Ok)?;
        let device = self.keys.devices.token(KnownDevice { account: user.id, id }, now);
        let new = NewSession {
            sid: Sid::generate(entropy)?,
            user_id: user.id,
            seed: Seed::generate(entropy)?,
            expires_at: now + self.settings.session_lifetime,
            ip_address: Some(client.address),
            user_agent: client.user_agent.clone(),
            at: now,
        };
        let effects = Effects::audit(event(AuditOutcome::Success).by(user.id).in_session(&new.sid));
        let password = UnchangedPassword { verified: password, rehashed };
        match self.ports.sessions.open(new, password, effects).await? {
            Opened::Opened(live) => Ok(Some(SignedIn { tokens: self.tokens(&live, now)?, device })),
            Opened::Refused => Ok(None),
        }
    }
}

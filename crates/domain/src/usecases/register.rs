//! Registration: an account that waits for its address to be proven. Where it conceals, a taken address gets the same
//! answer for the same work: a held name in place of the account, a notice to the owner in place of the code.

use crate::Auth;
use crate::account::{EmailAddress, FullName, NewUser, Role, User, Username};
use crate::audit::{AuditAction, AuditEvent, AuditOutcome};
use crate::client::Client;
use crate::code::OneTimeCode;
use crate::effects::Effects;
use crate::error::StoreError;
use crate::mail::{Mail, MailMessage, digits};
use crate::password::{NewPassword, PasswordHash};
use crate::ports::{CreatedUser, HashError};
use crate::usecases::{LimitedRoute, RateLimited};

/// How often a registration is tried, while its address changes hands.
const TRIES: usize = 3;

/// What somebody wants to be known by.
#[derive(Debug, Clone)]
pub struct Register {
    /// To be proven by a code.
    pub email: EmailAddress,
    /// To be unique.
    pub username: Username,
    /// Optional.
    pub full_name: Option<FullName>,
    /// Keeps the policy already.
    pub password: NewPassword,
}

/// Why nobody was registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Too many registrations from this network.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// Address or username belong to somebody; which one is not told. Where registrations conceal it is the username.
    #[error("address or username may already exist")]
    Taken,
    /// No hash was made.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// Something broke.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Auth {
    /// Registers somebody: an unverified account and a mail with a code. A never-verified account of the same address
    /// is replaced, and its code ends. Where registrations conceal, a taken address looks the same to the caller: its
    /// owner is told, and the username is held as that of an unverified account.
    ///
    /// # Errors
    /// See [`RegisterError`]; then nobody was registered and no mail goes out, but for one case: when the code could
    /// not be kept, the account waits with a code that does not work, and registering again replaces it.
    pub async fn register(&self, command: Register, client: &Client) -> Result<User, RegisterError> {
        self.ports.password_hasher.has_room(Some(client.network()))?;
        let budgets = [self.network_budget(LimitedRoute::Register, client)];
        self.limited(client, &budgets, self.register_admitted(command, client)).await
    }

    async fn register_admitted(&self, command: Register, client: &Client) -> Result<User, RegisterError> {
        let mut owner = self.owner_to_conceal(&command.email).await?;
        let tells_owner = self.conceals() && self.may_tell_owner(&command.email).await?;
        let password =
            self.ports.password_hasher.hash(command.password.as_password(), Some(client.network())).await?;
        for _ in 0..TRIES {
            if let Some(user) =
                self.try_register(&command, &password, owner.as_ref(), tells_owner, client).await?
            {
                return Ok(User { email: command.email, ..user });
            }
            // Either the username belongs to somebody, or the address changed hands since we looked.
            let owner_now = self.owner_to_conceal(&command.email).await?;
            if owner.is_some() == owner_now.is_some() {
                let event =
                    AuditEvent::new(AuditAction::Registered, AuditOutcome::Failure, client, self.now());
                self.ports.outbox.put(Effects::audit(event.with("taken"))).await?;
                return Err(RegisterError::Taken);
            }
            owner = owner_now;
        }
        Err(StoreError::contention("the address kept changing hands").into())
    }

    /// One account, one mail, one event and one write to the code slot: the pending account and its code, or the held
    /// name and a notice to `owner`. Nothing when the account was refused.
    async fn try_register(
        &self,
        command: &Register,
        password: &PasswordHash,
        owner: Option<&User>,
        tells_owner: bool,
        client: &Client,
    ) -> Result<Option<User>, RegisterError> {
        let now = self.now();
        let code = OneTimeCode::generate(self.ports.entropy.as_ref())?;
        let held_name = self.keys.held_names.address(&command.email);
        let event = |outcome| AuditEvent::new(AuditAction::Registered, outcome, client, now);
        let (mail, event) = match owner {
            None => {
                let name = command.full_name.as_ref().map_or(command.username.as_str(), FullName::as_str);
                let message = MailMessage::VerificationCode { code: digits(&code) };
                let mail = Mail::to_address(command.email.clone(), name, message);
                (self.seal(&mail, client, now)?, event(AuditOutcome::Success))
            }
            Some(owner) => {
                let mail = if tells_owner {
                    self.seal(&Mail::to_user(owner, MailMessage::AddressInUse), client, now)?
                } else {
                    self.seal_for_nobody(MailMessage::AddressInUse, client, now)?
                };
                (mail, event(AuditOutcome::Failure).about(owner.id).with("taken"))
            }
        };
        let new = NewUser {
            email: if owner.is_some() { held_name.clone() } else { command.email.clone() },
            username: command.username.clone(),
            full_name: command.full_name.clone(),
            password: password.clone(),
            role: Role::User,
            is_verified: false,
            claim_expires_at: Some(now + self.settings.unverified_lifetime),
            // Also where registrations no longer conceal: it was held for this address alone.
            replaces: Some(held_name),
            at: now,
        };
        let effects = Effects::audit(event).mail(mail);
        let CreatedUser::Created(user) = self.ports.users.create(new, effects).await? else {
            return Ok(None);
        };
        // Only now, for the code names the account. Should this fail, the account can be registered again.
        if self.keep_registration_code(&command.email, &code, &user).await? {
            // Neither of the codes that were mailed would work.
            self.send_code(&command.email, client).await?;
        }
        Ok(Some(user))
    }
}

use crate::Timestamp;
use crate::account::{
    Credentials, EmailAddress, FullName, Identifier, NewUser, Role, User, UserId, Username,
};
use crate::effects::Effects;
use crate::error::StoreError;
use crate::password::PasswordHash;
use async_trait::async_trait;

/// Accounts.
///
/// - Address and username are unique, whatever their case, also among any number of creations and changes at once.
/// - A new store has nobody: there is no default account.
/// - Ids are positive and never used twice.
/// - Times survive to the microsecond.
/// - A change and its effects happen together or not at all; what is refused has no effects.
/// - There is always a working admin, once there was one: of any number of changes and deletions at once that would
///   take the last ones away, one is refused with `LastAdmin`.
#[async_trait]
pub trait Users: Send + Sync {
    /// Makes an account.
    ///
    /// - A never-verified account of the same address (one with `claim_expires_at`) is replaced: it and its sessions
    ///   are gone, and the new one has another id. The same username counts as taken until `claim_expires_at` has
    ///   passed at `new.at`; then that account is replaced too.
    /// - An audit event without a subject is about the new account.
    /// - What was replaced comes back only when the creation is refused.
    ///
    /// # Errors
    /// When the store is away; then nothing happened.
    async fn create(&self, new: NewUser, effects: Effects) -> Result<CreatedUser, StoreError>;

    /// The account with this id.
    ///
    /// # Errors
    /// When the store is away.
    async fn find(&self, id: UserId) -> Result<Option<User>, StoreError>;

    /// The account with its password hash; a pending address names nobody.
    ///
    /// # Errors
    /// When the store is away.
    async fn find_credentials(&self, identifier: &Identifier) -> Result<Option<Credentials>, StoreError>;

    /// The account that a verification code sent to `address` would serve: the unverified one that has it; when no
    /// account has it, the latest to want it as `pending_email`. Nobody when a verified account has it.
    ///
    /// # Errors
    /// When the store is away.
    async fn find_unproven(&self, address: &EmailAddress) -> Result<Option<User>, StoreError>;

    /// Changes an account, if it is still as `change.expected` says.
    ///
    /// - `updated_at` becomes `change.at`.
    /// - An address that a never-verified account holds is taken away from it: that account is gone.
    /// - Other holders of the address or username make it `Taken`.
    ///
    /// # Errors
    /// When the store is away; then nothing happened.
    async fn change(
        &self,
        id: UserId,
        change: UserChange,
        effects: Effects,
    ) -> Result<ChangedUser, StoreError>;

    /// Deletes an account and its sessions; its audit events stay.
    ///
    /// # Errors
    /// When the store is away; then nothing happened.
    async fn delete(&self, id: UserId, effects: Effects) -> Result<DeletedUser, StoreError>;

    /// The accounts that match, by id.
    ///
    /// # Errors
    /// When the store is away.
    async fn list(&self, filter: &UserFilter) -> Result<UserPage, StoreError>;

    /// Removes at most `limit` never-verified accounts whose `claim_expires_at` has passed at `now`; says how many.
    ///
    /// # Errors
    /// When the store is away; then nothing happened.
    async fn sweep_unverified(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// What became of a creation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreatedUser {
    /// It is there.
    Created(User),
    /// Address or username belong to somebody.
    Taken,
}

/// A change of an account: `None` leaves a member as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserChange {
    /// Another address; clears `pending_email` unless that is set as well.
    pub email: Option<EmailAddress>,
    /// Another username.
    pub username: Option<Username>,
    /// Another name, or none.
    pub full_name: Option<Option<FullName>>,
    /// Another address to be proven, or none.
    pub pending_email: Option<Option<EmailAddress>>,
    /// Another password.
    pub password: Option<PasswordHash>,
    /// Active or not.
    pub is_active: Option<bool>,
    /// Verified or not; `true` ends the claim (`claim_expires_at`).
    pub is_verified: Option<bool>,
    /// Another role.
    pub role: Option<Role>,
    /// The claim (`claim_expires_at`) ends: an administrator touched the account.
    pub adopt: bool,
    /// What the account must still be.
    pub expected: Expected,
    /// Now.
    pub at: Timestamp,
}

impl UserChange {
    /// The account as it will be; the rule that every adapter applies.
    #[must_use]
    pub fn applied_to(&self, user: &User) -> User {
        let user = user.clone();
        let pending_email = match (&self.pending_email, &self.email) {
            (Some(pending), _) => pending.clone(),
            (None, Some(_)) => None,
            (None, None) => user.pending_email,
        };
        let is_verified = self.is_verified.unwrap_or(user.is_verified);
        User {
            email: self.email.clone().unwrap_or(user.email),
            username: self.username.clone().unwrap_or(user.username),
            full_name: self.full_name.clone().unwrap_or(user.full_name),
            pending_email,
            is_active: self.is_active.unwrap_or(user.is_active),
            is_verified,
            role: self.role.unwrap_or(user.role),
            updated_at: self.at,
            claim_expires_at: user.claim_expires_at.filter(|_| !is_verified && !self.adopt),
            ..user
        }
    }
}

/// What an account must still be for a change to happen; `None` does not care.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// Its address.
    pub email: Option<EmailAddress>,
    /// Its pending address.
    pub pending_email: Option<EmailAddress>,
    /// Its password hash.
    pub password: Option<PasswordHash>,
    /// Whether it is verified.
    pub is_verified: Option<bool>,
    /// Whether it is active.
    pub is_active: Option<bool>,
}

impl Expected {
    /// Whether the account is still so; the rule that every adapter applies.
    pub fn holds(&self, user: &User, password: &PasswordHash) -> bool {
        fn same<T: PartialEq>(expected: Option<&T>, actual: Option<&T>) -> bool {
            expected.is_none() || expected == actual
        }
        same(self.email.as_ref(), Some(&user.email))
            && same(self.pending_email.as_ref(), user.pending_email.as_ref())
            && same(self.password.as_ref(), Some(password))
            && same(self.is_verified.as_ref(), Some(&user.is_verified))
            && same(self.is_active.as_ref(), Some(&user.is_active))
    }
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangedUser {
    /// It happened; the account as it is now.
    Changed(User),
    /// There is no such account.
    Missing,
    /// It is no longer as expected.
    Stale,
    /// The new address or username belong to somebody.
    Taken,
    /// It would have left no working admin.
    LastAdmin,
}

/// What became of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletedUser {
    /// It is gone.
    Deleted,
    /// There is no such account.
    Missing,
    /// It would have left no working admin.
    LastAdmin,
}

/// Which accounts to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserFilter {
    /// A literal part of address, username or name, without case (ASCII at least).
    pub query: Option<String>,
    /// The role.
    pub role: Option<Role>,
    /// Active or not.
    pub is_active: Option<bool>,
    /// Verified or not.
    pub is_verified: Option<bool>,
    /// How many to leave out at the start.
    pub skip: u64,
    /// How many at most.
    pub limit: u32,
}

/// A page of accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPage {
    /// The accounts, by id.
    pub users: Vec<User>,
    /// How many match in all.
    pub total: u64,
}

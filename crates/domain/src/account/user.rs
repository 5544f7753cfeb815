//! Accounts.

use super::{EmailAddress, FullName, Role, Username};
use crate::Timestamp;
use crate::password::PasswordHash;
use std::fmt;

/// Names an account; positive, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(pub i64);

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An account, without its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Names the account.
    pub id: UserId,
    /// Where its mail goes; unique.
    pub email: EmailAddress,
    /// Unique.
    pub username: Username,
    /// What the person is called.
    pub full_name: Option<FullName>,
    /// An inactive account cannot do anything, and looks like none at login.
    pub is_active: bool,
    /// The address was proven; without it there is no login.
    pub is_verified: bool,
    /// What the account may do.
    pub role: Role,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last changed; a login is no change.
    pub updated_at: Timestamp,
    /// When somebody last signed in.
    pub last_login: Option<Timestamp>,
    /// The address that takes over as soon as it is proven.
    pub pending_email: Option<EmailAddress>,
    /// Until when a never-verified account keeps its address and username to itself; `None` once it was verified
    /// or touched by an administrator.
    pub claim_expires_at: Option<Timestamp>,
}

impl User {
    /// What the person is called in a mail.
    pub fn display_name(&self) -> &str {
        self.full_name.as_ref().map_or(self.username.as_str(), FullName::as_str)
    }

    /// Whether this account can sign in and administer: the kind of which one must always be left.
    pub fn is_working_admin(&self) -> bool {
        self.role == Role::Admin && self.is_active && self.is_verified
    }
}

/// An account with what proves its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The account.
    pub user: User,
    /// The hash of its password.
    pub password: PasswordHash,
}

/// How a person names an account at login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identifier {
    /// By its address.
    Email(EmailAddress),
    /// By its username.
    Username(Username),
    /// By its id: the caller is signed in already.
    Id(UserId),
}

/// An account to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// Where its mail goes.
    pub email: EmailAddress,
    /// Unique.
    pub username: Username,
    /// What the person is called.
    pub full_name: Option<FullName>,
    /// The hash of its password.
    pub password: PasswordHash,
    /// What the account may do.
    pub role: Role,
    /// Whether the address is proven already.
    pub is_verified: bool,
    /// See [`User::claim_expires_at`].
    pub claim_expires_at: Option<Timestamp>,
    /// Another address, whose never-verified account makes way as well; any other account of it stays.
    pub replaces: Option<EmailAddress>,
    /// Now; becomes `created_at` and `updated_at`.
    pub at: Timestamp,
}

impl NewUser {
    /// Whether `holder`, who has the address, the username or the address to be replaced, makes way; the rule that every
    /// adapter applies. A never-verified account of either address always does, one that has only the username in
    /// common once its claim has passed.
    pub fn takes_over_from(&self, holder: &User) -> bool {
        holder.claim_expires_at.is_some_and(|until| {
            holder.email == self.email || self.replaces.as_ref() == Some(&holder.email) || until <= self.at
        })
    }
}

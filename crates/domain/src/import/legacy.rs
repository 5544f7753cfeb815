//! A row of the old service, and the account that it becomes.

use crate::Timestamp;
use crate::account::{Credentials, EmailAddress, FullName, Role, User, UserId, Username};
use crate::password::PasswordHash;
use chrono::TimeDelta;
use std::fmt;

/// Hashes that a hasher may know; anything else in their place could be a password itself, and is not kept.
const KNOWN_HASHES: [&str; 4] = ["$2a$", "$2b$", "$2y$", "$argon2id$"];

/// Verifies nothing: the owner sets a password by mail.
const NO_HASH: &str = "!";

/// An account as the old service has it: its columns, unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacyUser {
    /// Its number there, and here.
    pub id: i64,
    /// In any case.
    pub email: String,
    /// In any case.
    pub username: String,
    /// Whatever its column holds.
    pub password: PasswordHash,
    /// What the person is called.
    pub full_name: Option<String>,
    /// May sign in.
    pub is_active: bool,
    /// The address was proven.
    pub is_verified: bool,
    /// The label of its role, in any case.
    pub role: String,
    /// When it was registered.
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
    /// When somebody last signed in.
    pub last_login: Option<Timestamp>,
}

/// The account that a row becomes, and what had to be changed for that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenOver {
    /// The account under our rules.
    pub account: Credentials,
    /// What its owner or an operator will notice.
    pub adjustments: Vec<Adjustment>,
}

/// Something of a row that our rules do not allow; the account can be used all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Adjustment {
    /// It has this username in place of its own; its owner can sign in by address.
    Username(Username),
    /// Its name was cleaned, cut, or left out.
    FullName,
    /// It has no hash that could be verified; its owner sets a password by mail.
    Password,
    /// Its role is none of ours; it is a plain user.
    Role,
}

/// Why a row becomes no account at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipReason {
    /// Ids are positive.
    Id,
    /// No mail could reach it, and so no owner could prove or recover it.
    Email,
}

impl LegacyUser {
    /// The account at `now`. One that was never verified keeps its address and username for `claim`, as if it had
    /// just been registered; an inactive one keeps them for good, since somebody meant it to stay out.
    ///
    /// # Errors
    /// When it can be no account of ours.
    pub fn take_over(self, now: Timestamp, claim: TimeDelta) -> Result<TakenOver, SkipReason> {
        let id = Some(UserId(self.id)).filter(|id| id.0 > 0).ok_or(SkipReason::Id)?;
        let email = EmailAddress::parse(&self.email).map_err(|_| SkipReason::Email)?;
        let mut adjustments = Vec::new();
        let username = Username::parse(self.username.trim()).unwrap_or_else(|_| {
            let username = similar_username(&self.username, id);
            adjustments.push(Adjustment::Username(username.clone()));
            username
        });
        let full_name = self.full_name.and_then(|name| {
            FullName::parse(&name).unwrap_or_else(|_| {
                adjustments.push(Adjustment::FullName);
                cleaned_name(&name)
            })
        });
        let known_hash = KNOWN_HASHES.iter().any(|start| self.password.expose().starts_with(start));
        if !known_hash {
            adjustments.push(Adjustment::Password);
        }
        let password = if known_hash { self.password } else { PasswordHash::new(NO_HASH) };
        let role = self.role.trim().to_ascii_lowercase().parse().unwrap_or_else(|_| {
            adjustments.push(Adjustment::Role);
            Role::User
        });
        let created_at = self.created_at.or(self.updated_at).unwrap_or(now);
        let user = User {
            id,
            email,
            username,
            full_name,
            is_active: self.is_active,
            is_verified: self.is_verified,
            role,
            created_at,
            updated_at: self.updated_at.unwrap_or(created_at),
            last_login: self.last_login,
            pending_email: None,
            claim_expires_at: (self.is_active && !self.is_verified).then(|| now + claim),
        };
        Ok(TakenOver { account: Credentials { user, password }, adjustments })
    }
}

/// What our rules leave of `raw`, made unique by the id: the same in every run.
fn similar_username(raw: &str, id: UserId) -> Username {
    let end = format!("-{id}");
    let allowed = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let spelled: String = raw.trim().chars().map(allowed).collect();
    let words: Vec<_> = spelled.split('-').filter(|word| !word.is_empty()).collect();
    let start: String = words.join("-").chars().take(Username::MAX_CHARS - end.len()).collect();
    let start = if start.is_empty() { "user" } else { &start };
    match Username::parse(&format!("{start}{end}")) {
        Ok(username) => username,
        Err(fault) => unreachable!("it has 3 to 100 of the allowed characters: {}", fault.message),
    }
}

/// What our rules leave of a name.
fn cleaned_name(raw: &str) -> Option<FullName> {
    let printable: String = raw.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let cut: String = printable.trim().chars().take(FullName::MAX_CHARS).collect();
    FullName::parse(&cut).ok().flatten()
}

impl fmt::Display for Adjustment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Username(username) => {
                write!(
                    f,
                    "its username breaks the rules here and became {username}; its owner can sign in by address"
                )
            }
            Self::FullName => f.write_str("its full_name breaks the rules here and was cleaned"),
            Self::Password => f.write_str(
                "its hashed_password is no bcrypt or Argon2id hash; its owner has to reset the password",
            ),
            Self::Role => f.write_str("its role is unknown here; it is a plain user"),
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Id => "its id is not positive",
            Self::Email => "its email is no address that mail could reach",
        })
    }
}

#[cfg(test)]
#[path = "legacy_tests.rs"]
mod tests;

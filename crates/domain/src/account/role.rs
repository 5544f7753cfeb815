//! Roles, and the permissions behind them.

use std::fmt;
use std::str::FromStr;

/// What an account is, and so what it may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Looks after its own account.
    User,
    /// Looks after everybody's.
    Admin,
}

/// What a use case asks for; roles are asked nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// See any account.
    ReadUsers,
    /// Change, activate, deactivate and delete any account.
    ManageUsers,
    /// See anybody's sessions.
    ReadSessions,
    /// End anybody's sessions, and remove expired ones.
    ManageSessions,
    /// See who did what.
    ReadAudit,
}

impl Permission {
    /// The permission as it stands in the audit.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadUsers => "read users",
            Self::ManageUsers => "manage users",
            Self::ReadSessions => "read sessions",
            Self::ManageSessions => "manage sessions",
            Self::ReadAudit => "read the audit",
        }
    }
}

impl Role {
    /// Whether this role has `permission`.
    pub fn allows(self, permission: Permission) -> bool {
        match (self, permission) {
            (
                Role::Admin,
                Permission::ReadUsers
                | Permission::ManageUsers
                | Permission::ReadSessions
                | Permission::ManageSessions
                | Permission::ReadAudit,
            ) => true,
            (Role::User, _) => false,
        }
    }

    /// The role as it stands in tokens, JSON and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::User => "user",
            Role::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no role.
#[derive(Debug, thiserror::Error)]
#[error("no such role: {0:?}")]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        match text {
            "user" => Ok(Role::User),
            "admin" => Ok(Role::Admin),
            other => Err(UnknownRole(other.to_owned())),
        }
    }
}

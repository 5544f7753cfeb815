//! The audit: who did what to whom, from where, and how it ended.
//!
//! A row is written in the transaction of its cause and carries an HMAC over its content. Later the rows are sealed
//! into a chain, so that a changed, removed, inserted or reordered row and a cut-off tail are found and named. Nothing
//! in it is secret.

mod chain;
mod filter;

pub use chain::{AuditEnd, AuditEnds, AuditKey, AuditLink, AuditMac, AuditRecord, AuditSeal, AuditSide};
pub use filter::{AuditFilter, AuditPlace};

use crate::Timestamp;
use crate::account::UserId;
use crate::client::Client;
use crate::session::Sid;
use std::net::IpAddr;

macro_rules! actions {
    ($($(#[doc = $doc:literal])+ $variant:ident => $name:literal,)+) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum AuditAction {
            $($(#[doc = $doc])+ $variant,)+
            /// A stored row says nothing that this version understands; never written.
            Unreadable,
        }

        impl AuditAction {
            /// Every action that is written.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The action as it stands in tables.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::Unreadable => "unreadable",
                }
            }
        }
    };
}

actions! {
    /// An account was registered, or a registration was refused.
    Registered => "account.registered",
    /// An address was proven, or a code did not prove it.
    EmailVerified => "account.email_verified",
    /// A code was asked for.
    CodeRequested => "account.code_requested",
    /// Somebody signed in, or failed to.
    LoggedIn => "session.logged_in",
    /// Somebody signed out.
    LoggedOut => "session.logged_out",
    /// Sessions were ended by their owner or an administrator.
    SessionsRevoked => "session.revoked",
    /// A spent refresh token was presented.
    RefreshTokenReused => "session.refresh_token_reused",
    /// A session was used from elsewhere than it was last used from.
    SessionMoved => "session.moved",
    /// A password was set with a code, or a code did not allow it.
    PasswordReset => "account.password_reset",
    /// A password was changed by its owner, or the current one was wrong.
    PasswordChanged => "account.password_changed",
    /// A profile was changed by its owner.
    ProfileChanged => "account.profile_changed",
    /// A change of address was asked for.
    EmailChangeRequested => "account.email_change_requested",
    /// An account was made by the command line.
    AdminCreated => "admin.created",
    /// Accounts of another service were imported by the command line.
    UsersImported => "admin.users_imported",
    /// An account was changed by an administrator.
    UserChanged => "admin.user_changed",
    /// An account was activated by an administrator.
    UserActivated => "admin.user_activated",
    /// An account was deactivated by an administrator.
    UserDeactivated => "admin.user_deactivated",
    /// An account was deleted by an administrator.
    UserDeleted => "admin.user_deleted",
    /// Somebody asked for what the role does not allow.
    PermissionDenied => "admin.permission_denied",
    /// Expired sessions were removed because an administrator asked for it.
    SessionsCleaned => "admin.sessions_cleaned",
    /// Mails that had been given up were queued again by the command line.
    MailsRetried => "admin.mails_retried",
    /// Rows that are older than they are kept were removed from the front of the audit.
    AuditCut => "audit.cut",
}

impl AuditAction {
    /// The action of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.as_str() == text)
    }
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditOutcome {
    /// As asked for.
    Success,
    /// Refused.
    Failure,
}

impl AuditOutcome {
    /// The outcome as it stands in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }

    /// The outcome of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Success, Self::Failure].into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// One security event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// When.
    pub at: Timestamp,
    /// What.
    pub action: AuditAction,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// Who did it, when that is known.
    pub actor: Option<UserId>,
    /// To whom. `None` in the effects of a creation stands for the account that is created.
    pub subject: Option<UserId>,
    /// In which session.
    pub sid: Option<Sid>,
    /// From where.
    pub ip_address: Option<IpAddr>,
    /// With what.
    pub user_agent: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
    /// What else a reader wants to know; never a secret.
    pub detail: Option<String>,
}

impl AuditEvent {
    /// An event that `client` caused, about nobody yet.
    pub fn new(action: AuditAction, outcome: AuditOutcome, client: &Client, at: Timestamp) -> Self {
        Self {
            ip_address: Some(client.address),
            user_agent: client.user_agent.as_ref().map(|agent| agent.as_str().to_owned()),
            request_id: Some(client.request_id.clone()),
            ..Self::local(action, outcome, at)
        }
    }

    /// An event that the command line caused.
    pub fn local(action: AuditAction, outcome: AuditOutcome, at: Timestamp) -> Self {
        Self {
            at,
            action,
            outcome,
            actor: None,
            subject: None,
            sid: None,
            ip_address: None,
            user_agent: None,
            request_id: None,
            detail: None,
        }
    }

    /// The same, done by `actor`.
    #[must_use]
    pub fn by(mut self, actor: UserId) -> Self {
        self.actor = Some(actor);
        self
    }

    /// The same, about `subject`.
    #[must_use]
    pub fn about(mut self, subject: UserId) -> Self {
        self.subject = Some(subject);
        self
    }

    /// The same, in session `sid`.
    #[must_use]
    pub fn in_session(mut self, sid: &Sid) -> Self {
        self.sid = Some(sid.clone());
        self
    }

    /// The same, with a word of explanation.
    #[must_use]
    pub fn with(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

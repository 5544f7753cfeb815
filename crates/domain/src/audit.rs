//! The audit: who did what to whom, from where, and how it ended.
//!
//! A row is written in the transaction of its cause and carries an HMAC over its content. Later the rows are sealed
//! into a chain, so that a changed, removed, inserted or reordered row is found and named. Nothing in it is secret.

use crate::Timestamp;
use crate::account::UserId;
use crate::client::Client;
use crate::session::Sid;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::net::IpAddr;
use subtle::ConstantTimeEq;

macro_rules! actions {
    ($($(#[doc = $doc:literal])+ $variant:ident => $name:literal,)+) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum AuditAction { $($(#[doc = $doc])+ $variant,)+ }

        impl AuditAction {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The action as it stands in tables.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
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

/// A keyed digest of a row or a seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditMac(pub [u8; 32]);

/// A row as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its number; grows, may have gaps.
    pub id: i64,
    /// What it says.
    pub event: AuditEvent,
    /// The digest over what it says.
    pub mac: AuditMac,
    /// The seal that covers it, once one does.
    pub sealed_by: Option<i64>,
}

/// A link of the chain: names the rows that it covers, in order, and is bound to the link before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditSeal {
    /// 1, 2, 3, … without gaps.
    pub number: i64,
    /// The rows, in order, with their digests.
    pub rows: Vec<(i64, AuditMac)>,
    /// When it was made.
    pub at: Timestamp,
    /// The digest over all of it and the digest of the seal before.
    pub mac: AuditMac,
}

/// The server's key for the audit.
#[derive(Clone)]
pub struct AuditKey([u8; 32]);

impl AuditKey {
    /// Takes over a derived key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The digest over a row's content; adapters store it with the row.
    pub fn row_mac(&self, event: &AuditEvent) -> AuditMac {
        let number = |id: Option<UserId>| id.map(|id| id.0.to_string());
        let fields: [Option<String>; 10] = [
            Some(event.at.timestamp_micros().to_string()),
            Some(event.action.as_str().to_owned()),
            Some(event.outcome.as_str().to_owned()),
            number(event.actor),
            number(event.subject),
            event.sid.as_ref().map(|sid| sid.as_str().to_owned()),
            event.ip_address.map(|ip| ip.to_string()),
            event.user_agent.clone(),
            event.request_id.clone(),
            event.detail.clone(),
        ];
        let mut mac = self.start(b"row");
        for field in &fields {
            match field {
                Some(text) => {
                    mac.update(&[1]);
                    mac.update(&(text.len() as u64).to_be_bytes());
                    mac.update(text.as_bytes());
                }
                None => mac.update(&[0]),
            }
        }
        AuditMac(mac.finalize().into_bytes().into())
    }

    /// The next link after `previous`, over `rows` in their order.
    pub fn seal(&self, previous: Option<&AuditSeal>, rows: &[AuditRecord], at: Timestamp) -> AuditSeal {
        let number = previous.map_or(0, |seal| seal.number) + 1;
        let rows: Vec<_> = rows.iter().map(|row| (row.id, row.mac)).collect();
        let mac = self.seal_mac(previous.map(|seal| seal.mac), number, &rows, at);
        AuditSeal { number, rows, at, mac }
    }

    /// Whether `seal` is the link after `previous` that we made.
    pub fn proves_seal(&self, previous: Option<AuditMac>, seal: &AuditSeal) -> bool {
        let mac = self.seal_mac(previous, seal.number, &seal.rows, seal.at);
        mac.0.ct_eq(&seal.mac.0).into()
    }

    /// Whether `record` says what it said when it was written.
    pub fn proves_row(&self, record: &AuditRecord) -> bool {
        self.row_mac(&record.event).0.ct_eq(&record.mac.0).into()
    }

    fn seal_mac(
        &self,
        previous: Option<AuditMac>,
        number: i64,
        rows: &[(i64, AuditMac)],
        at: Timestamp,
    ) -> AuditMac {
        let mut mac = self.start(b"seal");
        mac.update(&previous.map_or([0; 32], |previous| previous.0));
        mac.update(&number.to_be_bytes());
        mac.update(&at.timestamp_micros().to_be_bytes());
        mac.update(&(rows.len() as u64).to_be_bytes());
        for (id, digest) in rows {
            mac.update(&id.to_be_bytes());
            mac.update(&digest.0);
        }
        AuditMac(mac.finalize().into_bytes().into())
    }

    fn start(&self, label: &[u8]) -> Hmac<Sha256> {
        let mut mac = match Hmac::<Sha256>::new_from_slice(&self.0) {
            Ok(mac) => mac,
            Err(never) => unreachable!("HMAC takes keys of any length: {never}"),
        };
        mac.update(label);
        mac
    }
}

//! What travels with a change, in the same transaction.

use crate::audit::AuditEvent;
use crate::mail::SealedMail;
use crate::session::Sid;

/// Mails, audit events and ended sessions that happen exactly when their cause happens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    /// Mails to wait in the outbox.
    pub mails: Vec<SealedMail>,
    /// Events for the audit.
    pub audit: Vec<AuditEvent>,
    /// Sessions of the changed account that end.
    pub end_sessions: EndSessions,
}

/// Which sessions of the changed account end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum EndSessions {
    /// None.
    #[default]
    None,
    /// All.
    All,
    /// All but this one.
    AllBut(Sid),
}

impl Effects {
    /// An event and nothing else.
    pub fn audit(event: AuditEvent) -> Self {
        Self { audit: vec![event], ..Self::default() }
    }

    /// The same with a mail.
    #[must_use]
    pub fn mail(mut self, mail: SealedMail) -> Self {
        self.mails.push(mail);
        self
    }

    /// The same, ending sessions.
    #[must_use]
    pub fn ending(mut self, sessions: EndSessions) -> Self {
        self.end_sessions = sessions;
        self
    }
}

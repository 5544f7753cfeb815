//! What has to be true when everything has come to rest.

use super::class::Class;
use crate::fixtures::now_or_never;
use crate::world::World;
use chrono::TimeDelta;
use evently_auth_domain::account::User;
use evently_auth_domain::audit::AuditRecord;
use evently_auth_domain::client::Client;
use evently_auth_domain::mail::{MailKind, MailStatus};
use evently_auth_domain::ports::{AuditLog, Outbox, UserFilter, Users};
use evently_auth_domain::usecases::RefreshError;
use std::collections::{BTreeMap, BTreeSet};

impl World {
    /// Lets the workers finish, then holds the stores against every answer. The gate is shut.
    pub(crate) fn settle(&self) {
        let auth = &self.instances[0];
        // Whatever is remembered for moments is forgotten.
        self.clock.advance(TimeDelta::minutes(1));
        let ended = now_or_never(self.hold_sessions());
        // Longer than any lease and any pause between two attempts.
        self.clock.advance(TimeDelta::hours(10));
        let delivered = now_or_never(auth.deliver_mails(1_000));
        let sealed = now_or_never(async {
            while auth.seal_audit(50).await?.is_some() {}
            auth.verify_audit().await
        });
        if let Some(message) = ended {
            self.oracle.borrow_mut().fails(message);
        }
        match sealed {
            Ok(report) if report.findings.is_empty() => {}
            other => self.oracle.borrow_mut().fails(format!("the audit does not verify: {other:?}")),
        }
        if let Err(broken) = delivered {
            self.oracle.borrow_mut().fails(format!("mails are not delivered: {broken}"));
        }
        let found = self.hold_mails().or_else(|| self.hold_traces()).or_else(|| self.hold_admins());
        if let Some(message) = found {
            self.oracle.borrow_mut().fails(message);
        }
    }

    /// Every session that ended is dead, and of two who hold tokens of one chain at most one goes on.
    async fn hold_sessions(&self) -> Option<String> {
        let auth = &self.instances[0];
        let chains = self.oracle.borrow().chains();
        for (sid, token, generation, has_ended) in chains {
            if !has_ended {
                continue;
            }
            let client = Client::new([192, 0, 2, 250].into(), None, "r0");
            match auth.refresh(&token, &client).await {
                Err(RefreshError::InvalidToken) => {}
                other => {
                    let person = self
                        .oracle
                        .borrow()
                        .sessions
                        .get(&sid)
                        .map(|session| (session.person, session.ended));
                    return Some(format!(
                        "generation {generation} of a session that ended still works: {person:?} {:?}",
                        other.map(drop)
                    ));
                }
            }
        }
        None
    }

    /// Nothing is lost between a request and its mail, nothing is sent for a request that was refused, nothing waits.
    fn hold_mails(&self) -> Option<String> {
        let entries = now_or_never(Outbox::list(&self.store, None, 1_000)).ok()?;
        if let Some(waiting) = entries.iter().find(|entry| entry.status == MailStatus::Queued) {
            return Some(format!("a mail still waits: {}", waiting.kind.as_str()));
        }
        let ledger = self.ledger.lock();
        let undone =
            entries.iter().find(|entry| entry.status != MailStatus::Sent && ledger.sent.contains(&entry.id));
        if let Some(undone) = undone {
            return Some(format!("a mail that was settled as sent is {}", undone.status.as_str()));
        }
        let oracle = self.oracle.borrow();
        let delivered: BTreeSet<String> =
            self.inbox.all().into_iter().map(|envelope| envelope.message_id).collect();
        for (message_id, mail) in &ledger.mails {
            let call: Option<u32> = mail.request_id.strip_prefix('r').and_then(|id| id.parse().ok());
            let call = call.and_then(|call| oracle.calls.get(&call));
            let refused = [Class::Invalid, Class::Denied, Class::Refused, Class::Limited];
            let class = call.and_then(|call| call.class).filter(|class| refused.contains(class));
            if let Some((class, call)) = class.zip(call).filter(|_| mail.kind != MailKind::SessionTheft) {
                let (what, how) = (call.what, class.as_str());
                return Some(format!("{what} was answered \"{how}\", and mailed {}", mail.kind.as_str()));
            }
            // What stands in for a mail to an address that gets none has expired from the start.
            if mail.to.as_str().ends_with(".invalid") {
                if delivered.contains(message_id) {
                    return Some(format!("a mail that stands in for none was sent: {}", mail.kind.as_str()));
                }
                continue;
            }
            let is_dead =
                || entries.iter().any(|entry| entry.id == mail.id && entry.status == MailStatus::Dead);
            if !is_code(mail.kind) && !delivered.contains(message_id) && !is_dead() {
                return Some(format!("a mail to {} got lost: {}", mail.to, mail.kind.as_str()));
            }
        }
        None
    }

    /// What was done is written down, and mailed.
    fn hold_traces(&self) -> Option<String> {
        let rows: Vec<AuditRecord> = now_or_never(AuditLog::rows(&self.store, 0, 10_000)).ok()?;
        let mut mailed: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
        for mail in self.ledger.lock().mails.values() {
            mailed.entry(mail.request_id.clone()).or_default().insert(mail.kind.as_str());
        }
        self.oracle.borrow().untraced(&rows, &mailed)
    }

    /// Somebody is left who can administer.
    fn hold_admins(&self) -> Option<String> {
        let all =
            UserFilter { query: None, role: None, is_active: None, is_verified: None, skip: 0, limit: 100 };
        let users = now_or_never(Users::list(&self.store, &all)).ok()?.users;
        let nobody = !users.iter().any(User::is_working_admin);
        nobody.then(|| "no administrator is left".to_owned())
    }
}

fn is_code(kind: MailKind) -> bool {
    matches!(kind, MailKind::VerificationCode | MailKind::EmailChangeCode | MailKind::PasswordResetCode)
}

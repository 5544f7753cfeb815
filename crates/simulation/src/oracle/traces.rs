//! What a request leaves behind when it was answered as done: a row in the audit, and mails.

use super::Oracle;
use evently_auth_domain::audit::AuditAction::{self, *};
use evently_auth_domain::audit::{AuditOutcome, AuditRecord};
use evently_auth_domain::mail::MailKind;
use evently_auth_domain::settings::RegistrationPrivacy;
use std::collections::{BTreeMap, BTreeSet};

struct Trace {
    /// One of these.
    actions: &'static [AuditAction],
    /// Of each group one.
    mails: &'static [&'static [MailKind]],
}

fn trace_of(what: &str) -> Trace {
    let (actions, mails): (&[AuditAction], &[&[MailKind]]) = match what {
        "log in" => (&[LoggedIn], &[]),
        "log out" => (&[LoggedOut], &[]),
        "revoke session" | "revoke other sessions" | "revoke user's sessions" => (&[SessionsRevoked], &[]),
        "register" => (&[Registered], &[&[MailKind::VerificationCode]]),
        "resend code" => (&[CodeRequested], &[&[MailKind::VerificationCode, MailKind::EmailChangeCode]]),
        "verify e-mail" => (&[EmailVerified], &[&[MailKind::Welcome, MailKind::EmailChanged]]),
        "forgot password" => (&[CodeRequested], &[&[MailKind::PasswordResetCode]]),
        "reset password" => (&[PasswordReset], &[&[MailKind::PasswordReset]]),
        "change password" => (&[PasswordChanged], &[&[MailKind::PasswordChanged]]),
        "ask to move" => (
            &[EmailChangeRequested],
            &[&[MailKind::EmailChangeCode, MailKind::AddressInUse], &[MailKind::EmailChangeRequested]],
        ),
        "deactivate user" => (&[UserDeactivated], &[]),
        "activate user" => (&[UserActivated], &[]),
        "delete user" => (&[UserDeleted], &[]),
        "change user to inactive" | "demote user" | "promote user" => (&[UserChanged], &[]),
        "clean up sessions" => (&[SessionsCleaned], &[]),
        _ => (&[], &[]),
    };
    Trace { actions, mails }
}

impl Oracle {
    /// What is missing of what was promised to be there. `mailed` are the kinds of each request's mails, by its id.
    pub(crate) fn untraced(
        &self,
        rows: &[AuditRecord],
        mailed: &BTreeMap<String, BTreeSet<&'static str>>,
    ) -> Option<String> {
        let mut written: BTreeMap<&str, Vec<&AuditRecord>> = BTreeMap::new();
        for row in rows {
            written.entry(row.event.request_id.as_deref().unwrap_or_default()).or_default().push(row);
        }
        self.expected.iter().find_map(|(what, call)| {
            let (id, trace) = (format!("r{call}"), trace_of(what));
            let rows = written.get(id.as_str()).map_or(&[][..], Vec::as_slice);
            let outcomes = rows.iter().filter(|row| trace.actions.contains(&row.event.action));
            let outcomes: Vec<_> = outcomes.map(|row| row.event.outcome).collect();
            if !outcomes.contains(&AuditOutcome::Success) {
                let is_written = !outcomes.is_empty() && self.may_be_for_nobody(what);
                return (!is_written).then(|| format!("{what} ({id}) was done, and is not in the audit"));
            }
            let kinds = mailed.get(&id);
            let came = |group: &&[MailKind]| {
                group.iter().any(|kind| kinds.is_some_and(|kinds| kinds.contains(kind.as_str())))
            };
            let is_mailed = trace.mails.iter().all(came);
            (!is_mailed).then(|| format!("{what} ({id}) was done, and its mail is nowhere"))
        })
    }

    /// Whether the answer is the same when there is nobody to do it for, which the audit alone tells.
    fn may_be_for_nobody(&self, what: &str) -> bool {
        match what {
            "resend code" | "forgot password" => true,
            "register" => self.settings.registration_privacy == RegistrationPrivacy::Conceal,
            _ => false,
        }
    }
}

//! Registration, and everything that needs a code.

use super::Sender;
use crate::call::{Reply, Touches};
use crate::fixtures::{FIXTURES, PEOPLE, now_or_never};
use crate::oracle::class::{Class, Classed};
use crate::oracle::codes::{Attempt, Slot};
use crate::oracle::limits::Key;
use crate::world::World;
use evently_auth_domain::Auth;
use evently_auth_domain::account::EmailAddress;
use evently_auth_domain::audit::{AuditAction, AuditOutcome};
use evently_auth_domain::code::{OneTimeCode, Purpose};
use evently_auth_domain::mail::MailMessage;
use evently_auth_domain::ports::{AuditLog, Users};
use evently_auth_domain::usecases::{Register, ResetPassword, VerifyEmail};
use std::rc::Rc;

/// A code from a mail, and the request that the mail came from.
#[derive(Clone)]
pub(crate) struct ReadCode {
    pub(crate) code: OneTimeCode,
    pub(crate) issued_by: Option<u32>,
}

impl World {
    /// Registers a person under the own name.
    pub(crate) async fn register(self: &Rc<Self>, sender: Sender, password: usize) {
        let Sender { person, host } = sender;
        let email = FIXTURES.addresses[0][person].clone();
        let touches = Touches {
            people: vec![person],
            slots: vec![Slot::new(Purpose::VerifyEmail, &email)],
            limits: vec![Key::new("register", &host, self.instances[0].settings().limits.register)],
            issues: true,
            // Another account, if the one before was deleted.
            lifts: true,
            ..Touches::default()
        };
        let username = FIXTURES.usernames[person].clone();
        let password = FIXTURES.passwords[password].clone();
        let command = Register { email, username, full_name: None, password };
        let work = |auth: Rc<Auth>, client| async move { auth.register(command, &client).await };
        let reply = self.request("register", host, touches, work).await;
        if self.judge(&reply) == Some(Class::Done) {
            self.expects("register", reply.call);
        }
    }

    /// Asks for another code, of either purpose.
    pub(crate) async fn ask_for_code(
        self: &Rc<Self>,
        sender: Sender,
        purpose: Purpose,
        address: &EmailAddress,
    ) {
        let limits = &self.instances[0].settings().limits;
        let limits = vec![
            Key::new("resend", address, limits.resend),
            Key::new("resend-address", &sender.host, limits.resend_address),
        ];
        let touches = Touches {
            watched: Some(sender.person),
            slots: vec![Slot::new(purpose, address)],
            limits,
            issues: true,
            ..Touches::default()
        };
        let address = address.clone();
        match purpose {
            Purpose::VerifyEmail => {
                let work = |auth: Rc<Auth>, client| async move { auth.resend_code(&address, &client).await };
                self.asked("resend code", &self.request("resend code", sender.host, touches, work).await);
            }
            Purpose::ResetPassword => {
                let work =
                    |auth: Rc<Auth>, client| async move { auth.forgot_password(&address, &client).await };
                let what = "forgot password";
                self.asked(what, &self.request(what, sender.host, touches, work).await);
            }
        }
    }

    fn asked<T: Classed>(&self, what: &'static str, reply: &Reply<T>) {
        if self.judge(reply) == Some(Class::Done) {
            self.expects(what, reply.call);
        }
    }

    /// Proves an address.
    pub(crate) async fn verify(self: &Rc<Self>, sender: Sender, address: &EmailAddress, read: &ReadCode) {
        let touches = self.trying(sender, Purpose::VerifyEmail, address);
        let command = VerifyEmail { email: address.clone(), code: read.code.clone() };
        let work = |auth: Rc<Auth>, client| async move { auth.verify_email(command, &client).await };
        let reply = self.request("verify e-mail", sender.host, touches, work).await;
        let Some(class) = self.judge(&reply) else { return };
        let attempt = attempt(Purpose::VerifyEmail, address, read, sender);
        let mut oracle = self.oracle.borrow_mut();
        oracle.tried(&attempt, class, &reply, &self.ledger);
        oracle.left_alone(sender.person, &reply);
        drop(oracle);
        if class == Class::Done {
            self.expects("verify e-mail", reply.call);
        }
    }

    /// Sets a new password with a code.
    pub(crate) async fn reset(
        self: &Rc<Self>,
        sender: Sender,
        address: &EmailAddress,
        read: &ReadCode,
        password: usize,
    ) {
        let mut touches = self.trying(sender, Purpose::ResetPassword, address);
        if self.oracle.borrow().is_crossed(address) {
            touches.people = (0..PEOPLE).collect();
        }
        let new_password = FIXTURES.passwords[password].clone();
        let command = ResetPassword { email: address.clone(), code: read.code.clone(), new_password };
        let work = |auth: Rc<Auth>, client| async move { auth.reset_password(command, &client).await };
        let reply = self.request("reset password", sender.host, touches, work).await;
        let Some(class) = self.judge(&reply) else { return };
        let attempt = attempt(Purpose::ResetPassword, address, read, sender);
        let mut oracle = self.oracle.borrow_mut();
        oracle.tried(&attempt, class, &reply, &self.ledger);
        match (class, self.whose_reset(reply.call)) {
            (Class::Done, Some(owner)) => {
                if owner == sender.person {
                    oracle.password_set(owner, password, &reply);
                } else {
                    oracle.password_set_by_another(owner, password);
                }
                oracle.ended(owner, None, &reply, "a reset of the password");
            }
            // Deleted since.
            (Class::Done, None) => {}
            (Class::Invalid | Class::Refused | Class::Limited, _) => oracle.left_alone(sender.person, &reply),
            (Class::Denied | Class::Ours, _) => {}
        }
        drop(oracle);
        if class == Class::Done {
            self.expects("reset password", reply.call);
        }
    }

    /// Whose password this request set, says the audit: an address may be another person's by now.
    fn whose_reset(&self, call: u32) -> Option<usize> {
        let rows = now_or_never(AuditLog::rows(&self.store, 0, 10_000)).ok()?;
        let (id, is_reset) = (format!("r{call}"), (AuditAction::PasswordReset, AuditOutcome::Success));
        let mut events = rows.into_iter().map(|row| row.event);
        let reset = events.find(|event| {
            event.request_id.as_ref() == Some(&id) && (event.action, event.outcome) == is_reset
        })?;
        let user = now_or_never(Users::find(&self.store, reset.subject?)).ok()??;
        FIXTURES.usernames.iter().position(|name| *name == user.username)
    }

    fn trying(&self, sender: Sender, purpose: Purpose, address: &EmailAddress) -> Touches {
        let limit = self.instances[0].settings().limits.verify;
        Touches {
            people: vec![sender.person],
            slots: vec![Slot::new(purpose, address)],
            limits: vec![Key::new("verify", &sender.host, limit)],
            ..Touches::default()
        }
    }

    /// The latest code that came to an address.
    pub(crate) fn read_code(&self, purpose: Purpose, address: &EmailAddress) -> Option<ReadCode> {
        let mails = self.inbox.to(address.as_str());
        let right = |message: &MailMessage| match purpose {
            Purpose::ResetPassword => matches!(message, MailMessage::PasswordResetCode { .. }),
            Purpose::VerifyEmail => {
                matches!(message, MailMessage::VerificationCode { .. } | MailMessage::EmailChangeCode { .. })
            }
        };
        let mails = mails.into_iter().filter(|mail| right(&mail.content.message));
        let latest = mails.max_by_key(|mail| mail.created_at)?;
        let code = OneTimeCode::parse(latest.content.message.code()?).ok()?;
        let ledger = self.ledger.lock();
        let request_id = ledger.mails.get(&latest.message_id).map(|mailed| mailed.request_id.clone());
        let issued_by = request_id.and_then(|id| id.strip_prefix('r')?.parse().ok());
        Some(ReadCode { code, issued_by })
    }

    /// Waits for a code, and looks after the post oneself when it does not come.
    pub(crate) async fn await_code(
        self: &Rc<Self>,
        purpose: Purpose,
        address: &EmailAddress,
    ) -> Option<ReadCode> {
        for _ in 0..3 {
            self.gate.step().await;
            if let Some(read) = self.read_code(purpose, address) {
                return Some(read);
            }
            self.deliver(2).await;
        }
        None
    }
}

fn attempt<'a>(
    purpose: Purpose,
    address: &'a EmailAddress,
    read: &'a ReadCode,
    sender: Sender,
) -> Attempt<'a> {
    Attempt { purpose, address, code: &read.code, issued_by: read.issued_by, person: sender.person }
}

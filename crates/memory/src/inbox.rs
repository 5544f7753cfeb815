//! An inbox for everybody: `Mailer` and `Mailbox` in process.

use async_trait::async_trait;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::mail::MailMessage;
use evently_auth_domain::ports::{Envelope, Mailbox, MailboxMessage, Mailer, MailerError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Keeps what was sent, for tests to read; a clone is another handle on the same inbox.
#[derive(Clone, Default)]
pub struct Inbox(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    mails: Vec<Envelope>,
    failure: Option<InboxFailure>,
}

/// How an inbox refuses mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InboxFailure {
    /// As a server does that is busy.
    Temporary,
    /// As a server does that knows no such recipient.
    Permanent,
}

impl Inbox {
    /// An empty inbox that takes every mail.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every mail that was sent, in the order of sending.
    pub fn all(&self) -> Vec<Envelope> {
        self.lock().mails.clone()
    }

    /// The same, leaving none behind.
    pub fn take(&self) -> Vec<Envelope> {
        std::mem::take(&mut self.lock().mails)
    }

    /// The mails to `address`, in the order of sending.
    pub fn to(&self, address: &str) -> Vec<Envelope> {
        let mut mails = self.all();
        mails.retain(|mail| mail.to.as_str().eq_ignore_ascii_case(address));
        mails
    }

    /// The code that was last sent to `address`.
    pub fn code_for(&self, address: &str) -> Option<String> {
        self.to(address).iter().rev().find_map(|mail| mail.content.message.code().map(str::to_owned))
    }

    /// From now on refuses every mail in this way, or takes them again.
    pub fn set_failure(&self, failure: Option<InboxFailure>) {
        self.lock().failure = failure;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Mailer for Inbox {
    async fn send(&self, envelope: &Envelope) -> Result<(), MailerError> {
        let mut state = self.lock();
        match state.failure {
            Some(InboxFailure::Temporary) => Err(MailerError::Temporary("451 try again later".to_owned())),
            Some(InboxFailure::Permanent) => Err(MailerError::Permanent("550 no such user".to_owned())),
            None => {
                state.mails.push(envelope.clone());
                Ok(())
            }
        }
    }
}

#[async_trait]
impl Mailbox for Inbox {
    async fn messages(&self, limit: usize) -> Result<Vec<MailboxMessage>, StoreError> {
        let mut mails = self.all();
        mails.sort_by_key(|mail| mail.created_at);
        Ok(mails.iter().rev().take(limit).map(render).collect())
    }
}

/// Few words, but all that is known: the templates are the mailer's that really sends.
fn render(mail: &Envelope) -> MailboxMessage {
    let message = &mail.content.message;
    let detail = match message {
        MailMessage::VerificationCode { code }
        | MailMessage::EmailChangeCode { code }
        | MailMessage::PasswordResetCode { code } => Some(code),
        MailMessage::EmailChangeRequested { new_address } | MailMessage::EmailChanged { new_address } => {
            Some(new_address)
        }
        MailMessage::SessionTheft { device } => device.as_ref(),
        MailMessage::Welcome
        | MailMessage::PasswordChanged
        | MailMessage::PasswordReset
        | MailMessage::AddressInUse => None,
    };
    let subject = message.kind().as_str().to_owned();
    let text = format!("{}: {subject} {}", mail.content.name, detail.map_or("", String::as_str));
    let html = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    MailboxMessage {
        id: mail.message_id.clone(),
        to: mail.to.to_string(),
        subject,
        at: mail.created_at,
        code: message.code().map(str::to_owned),
        html: format!("<p>{html}</p>"),
        text,
    }
}

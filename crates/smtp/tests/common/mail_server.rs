//! A mailer for a sink, and the sink's mails as a mailbox.
#![allow(clippy::panic, reason = "a helper may fail loudly")]

use crate::common::{Read, renderer};
use async_trait::async_trait;
use evently_auth_domain::Timestamp;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{Mailbox, MailboxMessage, MailerError};
use evently_auth_services::sink::{Sink, SinkMail};
use evently_auth_smtp::{SmtpEncryption, SmtpMailer, SmtpOptions};
use std::sync::Arc;
use std::time::Duration;

/// Without encryption, and impatient.
pub(crate) fn options(sink: &Sink) -> SmtpOptions {
    SmtpOptions {
        encryption: SmtpEncryption::Off,
        timeout: Duration::from_secs(2),
        ..SmtpOptions::new("127.0.0.1", sink.port())
    }
}

pub(crate) fn mailer(sink: &Sink) -> SmtpMailer {
    SmtpMailer::new(options(sink), renderer()).unwrap()
}

/// The reason, of a failure that is worth another attempt.
#[track_caller]
pub(crate) fn temporary(sent: Result<(), MailerError>) -> String {
    match sent {
        Err(MailerError::Temporary(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

/// The reason, of a failure that is not.
#[track_caller]
pub(crate) fn permanent(sent: Result<(), MailerError>) -> String {
    match sent {
        Err(MailerError::Permanent(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

/// What the sink took.
pub(crate) struct SinkMailbox(pub(crate) Arc<Sink>);

#[async_trait]
impl Mailbox for SinkMailbox {
    async fn messages(&self, limit: usize) -> Result<Vec<MailboxMessage>, StoreError> {
        let mut mails: Vec<_> = self.0.mails().iter().map(read).collect();
        mails.sort_by_key(|mail| std::cmp::Reverse(mail.at));
        mails.truncate(limit);
        Ok(mails)
    }
}

fn read(mail: &SinkMail) -> MailboxMessage {
    let read = Read::new(&mail.raw);
    assert_eq!(mail.recipients, [read.to.as_str()], "the envelope's recipient is the header's");
    let id = mail.message_id();
    let date = mailparse::dateparse(read.header("Date")).unwrap();
    MailboxMessage {
        id: id.split('@').next().unwrap().to_owned(),
        subject: read.header("Subject").to_owned(),
        at: Timestamp::from_timestamp(date, 0).unwrap(),
        code: mail.code(),
        text: mail.text().unwrap(),
        html: mail.html().unwrap(),
        to: read.to,
    }
}

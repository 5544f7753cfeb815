//! Clauses of `Mailer` and `Mailbox`.

use crate::MailHarness;
use crate::given::{at, email};
use evently_auth_domain::mail::{MailContent, MailMessage};
use evently_auth_domain::ports::{Envelope, MailboxMessage};
use std::collections::HashSet;

/// Tests a `Mailer` and the `Mailbox` that its mails arrive in, given an async function that makes a fresh
/// [`MailHarness`].
#[macro_export]
macro_rules! mailer {
    ($fresh:expr) => {
        $crate::clauses!($fresh, mailer: [
            a_mail_arrives_as_it_was_sent,
            every_occasion_has_words,
            the_same_envelope_is_the_same_mail,
            a_name_adds_no_header_and_no_recipient,
            a_name_adds_no_markup,
            mails_come_newest_first_and_limited,
        ]);
    };
}

fn envelope(number: usize, name: &str, message: MailMessage) -> Envelope {
    Envelope {
        message_id: format!("message-{number:014}"),
        to: email("ada"),
        content: MailContent { name: name.to_owned(), message },
        created_at: at(i64::try_from(number).unwrap()),
    }
}

fn code() -> MailMessage {
    MailMessage::VerificationCode { code: "012345".to_owned() }
}

fn occasions() -> [MailMessage; 10] {
    let (code, new_address) = ("012345".to_owned(), "n***@example.com".to_owned());
    [
        MailMessage::VerificationCode { code: code.clone() },
        MailMessage::EmailChangeCode { code: code.clone() },
        MailMessage::PasswordResetCode { code },
        MailMessage::Welcome,
        MailMessage::PasswordChanged,
        MailMessage::PasswordReset,
        MailMessage::EmailChangeRequested { new_address: new_address.clone() },
        MailMessage::EmailChanged { new_address },
        MailMessage::AddressInUse,
        MailMessage::SessionTheft { device: Some("Firefox/120.0".to_owned()) },
    ]
}

/// To whom, when (to the second, as mails tell it) and with which code, in both bodies.
pub async fn a_mail_arrives_as_it_was_sent(given: MailHarness) {
    let sent = envelope(1, "Ada", code());
    given.mailer.send(&sent).await.unwrap();
    let mail = given.mailbox.messages(10).await.unwrap().remove(0);
    assert_eq!((mail.id, mail.to), (sent.message_id, "ada@example.com".to_owned()));
    assert_eq!(mail.at.timestamp(), sent.created_at.timestamp());
    assert_eq!(mail.code.as_deref(), Some("012345"));
    assert!(mail.text.contains("012345") && mail.html.contains("012345"));
    assert!(mail.text.contains("Ada") && mail.html.contains("Ada"));
}

/// A subject, a text and an HTML body; a code where one belongs.
pub async fn every_occasion_has_words(given: MailHarness) {
    let mut subjects = HashSet::new();
    for (number, message) in occasions().into_iter().enumerate() {
        let has_code = message.code().is_some();
        given.mailer.send(&envelope(number, "Ada", message)).await.unwrap();
        let mail = given.mailbox.messages(1).await.unwrap().remove(0);
        assert!(!mail.text.trim().is_empty() && !mail.html.trim().is_empty(), "{}", mail.subject);
        assert_eq!(mail.code.is_some(), has_code, "{}", mail.subject);
        assert!(!mail.subject.trim().is_empty());
        subjects.insert(mail.subject);
    }
    assert!(subjects.len() > 5, "subjects tell occasions apart");
}

/// Message-ID and date are the envelope's.
pub async fn the_same_envelope_is_the_same_mail(given: MailHarness) {
    let sent = envelope(1, "Ada", code());
    given.mailer.send(&sent).await.unwrap();
    given.mailer.send(&sent).await.unwrap();
    let mails = given.mailbox.messages(10).await.unwrap();
    assert!(!mails.is_empty());
    assert!(mails.iter().all(|mail| *mail == mails[0]));
}

/// Whatever lines it is made of.
pub async fn a_name_adds_no_header_and_no_recipient(given: MailHarness) {
    let evil = "Ada\r\nBcc: eve@example.com\r\nSubject: gone\r\n\r\nbody";
    given.mailer.send(&envelope(1, evil, MailMessage::Welcome)).await.unwrap();
    given.mailer.send(&envelope(2, "Ada", MailMessage::Welcome)).await.unwrap();
    let mails = given.mailbox.messages(10).await.unwrap();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[1].to, "ada@example.com");
    assert_eq!(mails[1].subject, mails[0].subject);
}

/// In HTML it is text, whoever wrote it.
pub async fn a_name_adds_no_markup(given: MailHarness) {
    let evil = "<script>alert(1)</script><a href=\"https://evil.example\">'&";
    let theft = MailMessage::SessionTheft { device: Some(evil.to_owned()) };
    for (number, (name, message)) in [(evil, code()), ("Ada", theft)].into_iter().enumerate() {
        given.mailer.send(&envelope(number, name, message)).await.unwrap();
        let html = given.mailbox.messages(1).await.unwrap().remove(0).html;
        assert!(!html.contains("<script") && !html.contains("<a href=\"https://evil"), "{html}");
    }
}

/// By when they were written.
pub async fn mails_come_newest_first_and_limited(given: MailHarness) {
    assert_eq!(given.mailbox.messages(10).await.unwrap(), []);
    for number in [1, 2, 3] {
        given.mailer.send(&envelope(number, "Ada", code())).await.unwrap();
    }
    let ids = |mails: Vec<MailboxMessage>| -> Vec<String> { mails.into_iter().map(|mail| mail.id).collect() };
    let newest = ["message-00000000000003", "message-00000000000002", "message-00000000000001"];
    assert_eq!(ids(given.mailbox.messages(10).await.unwrap()), newest);
    assert_eq!(ids(given.mailbox.messages(2).await.unwrap()), newest[..2]);
}

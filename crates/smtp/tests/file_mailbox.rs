//! The mailbox in a directory: what was sent is what is read, and nothing else disturbs it.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::{CODE, Read, at, envelope, message, renderer};
use evently_auth_domain::account::EmailAddress;
use evently_auth_domain::mail::{MailKind, MailMessage};
use evently_auth_domain::ports::{Mailbox, Mailer, MailerError};
use evently_auth_smtp::FileMailbox;
use std::fs;
use std::path::Path;

fn files(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = directory
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn what_was_sent_is_read() {
    let home = tempfile::tempdir().unwrap();
    let mailbox = FileMailbox::new(home.path().join("mail"), renderer());
    for (number, kind) in (1..).zip(MailKind::ALL) {
        let mut sent = envelope(&format!("-id_{number}"), "Zoë", message(kind));
        sent.to = EmailAddress::parse("zoë@münchen.example").unwrap();
        mailbox.send(&sent).await.unwrap();
        let all = mailbox.messages(100).await.unwrap();
        let read = all.iter().find(|mail| mail.id == sent.message_id).unwrap();
        let rendered = Read::rendered(&renderer(), &sent);
        assert_eq!(read.to, "zoë@münchen.example");
        assert_eq!(read.at, sent.created_at);
        assert_eq!(read.subject, rendered.header("Subject"));
        assert_eq!(read.code.as_deref(), sent.content.message.code());
        assert_eq!(read.text, rendered.text.replace("\r\n", "\n"));
        assert_eq!(read.html, rendered.html.replace("\r\n", "\n"));
    }
    assert_eq!(mailbox.messages(100).await.unwrap().len(), MailKind::ALL.len());
}

#[tokio::test]
async fn the_newest_come_first() {
    let home = tempfile::tempdir().unwrap();
    let mailbox = FileMailbox::new(home.path(), renderer());
    for (id, time) in [
        ("third", "2026-01-31T23:59:59.999999Z"),
        ("first", "2025-12-31T00:00:00Z"),
        ("fourth", "2026-02-01T00:00:00Z"),
        ("second", "2026-01-31T23:59:59.000001Z"),
    ] {
        let mut mail = envelope(id, "Ada", MailMessage::Welcome);
        mail.created_at = at(time);
        mailbox.send(&mail).await.unwrap();
    }
    let ids = |limit| {
        let mailbox = mailbox.clone();
        async move { mailbox.messages(limit).await.unwrap().into_iter().map(|mail| mail.id).collect::<Vec<_>>() }
    };
    assert_eq!(ids(100).await, ["fourth", "third", "second", "first"]);
    assert_eq!(ids(2).await, ["fourth", "third"]);
    assert!(ids(0).await.is_empty());
}

#[tokio::test]
async fn a_second_delivery_is_the_same_mail() {
    let home = tempfile::tempdir().unwrap();
    let mailbox = FileMailbox::new(home.path(), renderer());
    let mail = envelope("AbC-_123", "Ada", message(MailKind::PasswordResetCode));
    mailbox.send(&mail).await.unwrap();
    let name = "20260131T235959.123456Z-AbC-_123.eml";
    let first = fs::read(home.path().join(name)).unwrap();
    fs::write(home.path().join(name), "half a ma").unwrap();
    mailbox.send(&mail).await.unwrap();
    assert_eq!(files(home.path()), [name]);
    assert_eq!(fs::read(home.path().join(name)).unwrap(), first);
    assert_eq!(mailbox.messages(9).await.unwrap().len(), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_reads() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("data").join("mail");
    let mailbox = FileMailbox::new(&directory, renderer());
    mailbox.send(&envelope("id", "Ada", MailMessage::Welcome)).await.unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&directory), 0o700);
    for name in files(&directory) {
        assert_eq!(mode(&directory.join(name)), 0o600);
    }
}

#[tokio::test]
async fn foreign_and_broken_files_are_passed_over() {
    let home = tempfile::tempdir().unwrap();
    let mailbox = FileMailbox::new(home.path(), renderer());
    mailbox.send(&envelope("id", "Ada", message(MailKind::VerificationCode))).await.unwrap();
    let good = fs::read(home.path().join(&files(home.path())[0])).unwrap();
    let put = |name: &str, bytes: &[u8]| fs::write(home.path().join(name), bytes).unwrap();
    put("notes.txt", b"hello");
    put(".20270101T000000.000000Z-x.tmp", &good);
    put("someone-elses.eml", &good);
    put("20270101T000000.000000Z-empty.eml", b"");
    put("20270101T000000.000000Z-noise.eml", &[0, 159, 146, 150, b':', b'\n', 255]);
    put("20270101T000000.000000Z-plain.eml", b"To: a@example.com\r\nSubject: x\r\n\r\n123456\r\n");
    put("20270101T000000.000000Z-cut.eml", &good[..good.len() / 4]);
    put("2027-01-01T00:00:00Z-x.eml", &good);
    fs::create_dir(home.path().join("20270101T000000.000000Z-directory.eml")).unwrap();
    let all = mailbox.messages(1).await.unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].id.as_str(), all[0].code.as_deref()), ("id", Some(CODE)));
    assert_eq!(mailbox.messages(100).await.unwrap(), all);
}

#[tokio::test]
async fn a_missing_directory_is_an_empty_mailbox() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("mail");
    let mailbox = FileMailbox::new(&directory, renderer());
    assert!(mailbox.messages(10).await.unwrap().is_empty());
    mailbox.send(&envelope("a", "Ada", MailMessage::Welcome)).await.unwrap();
    fs::remove_dir_all(&directory).unwrap();
    mailbox.send(&envelope("b", "Ada", MailMessage::Welcome)).await.unwrap();
    assert_eq!(mailbox.messages(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn failures_say_whether_to_try_again() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    fs::write(&file, "").unwrap();
    let mailbox = FileMailbox::new(file.join("mail"), renderer());
    let sent = mailbox.send(&envelope("id", "Ada", MailMessage::Welcome)).await;
    assert!(matches!(sent, Err(MailerError::Temporary(_))), "{sent:?}");
    assert!(mailbox.messages(1).await.is_err());
    let sent = mailbox.send(&envelope("../../id", "Ada", MailMessage::Welcome)).await;
    assert!(matches!(sent, Err(MailerError::Permanent(_))), "{sent:?}");
}

//! The doubles do what tests ask of them.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use evently_auth_clock::MovableClock;
use evently_auth_domain::account::UserId;
use evently_auth_domain::error::StoreErrorKind;
use evently_auth_domain::mail::{MailContent, MailMessage};
use evently_auth_domain::password::Password;
use evently_auth_domain::ports::{Clock, Envelope, Mailer, MailerError, PasswordHasher, Users};
use evently_auth_memory::{InboxFailure, MemoryWorld};
use std::sync::Arc;

fn world() -> MemoryWorld {
    MemoryWorld::new(Arc::new(MovableClock::default()))
}

#[tokio::test]
async fn a_store_fails_once_when_it_was_told_to() {
    let world = world();
    let ask = async || world.store().find(UserId(1)).await;
    world.store().fail_next(StoreErrorKind::Unavailable);
    assert_eq!(ask().await.unwrap_err().kind, StoreErrorKind::Unavailable);
    assert!(ask().await.is_ok());
    world.store().fail_after(2, StoreErrorKind::Contention);
    assert!(ask().await.is_ok());
    assert!(ask().await.is_ok());
    assert_eq!(ask().await.unwrap_err().kind, StoreErrorKind::Contention);
    assert!(ask().await.is_ok());
}

fn envelope(to: &str, message: MailMessage) -> Envelope {
    Envelope {
        message_id: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        to: to.parse().unwrap(),
        content: MailContent { name: "Ada".to_owned(), message },
        created_at: MovableClock::default().now(),
    }
}

fn code(code: &str) -> MailMessage {
    MailMessage::VerificationCode { code: code.to_owned() }
}

#[tokio::test]
async fn an_inbox_finds_the_latest_code_of_an_address() {
    let world = world();
    let inbox = world.inbox();
    for (to, message) in [
        ("ada@example.com", code("111111")),
        ("ada@example.com", code("222222")),
        ("bob@example.com", code("333333")),
        ("ada@example.com", MailMessage::Welcome),
    ] {
        inbox.send(&envelope(to, message)).await.unwrap();
    }
    assert_eq!(inbox.code_for("Ada@example.com").as_deref(), Some("222222"));
    assert_eq!(inbox.code_for("eve@example.com"), None);
    assert_eq!(inbox.to("ada@example.com").len(), 3);
    assert_eq!(inbox.take().len(), 4);
    assert_eq!(inbox.all(), []);
}

#[tokio::test]
async fn an_inbox_refuses_as_it_was_told() {
    let world = world();
    let mail = envelope("ada@example.com", MailMessage::Welcome);
    world.inbox().set_failure(Some(InboxFailure::Temporary));
    assert!(matches!(world.inbox().send(&mail).await, Err(MailerError::Temporary(_))));
    world.inbox().set_failure(Some(InboxFailure::Permanent));
    assert!(matches!(world.inbox().send(&mail).await, Err(MailerError::Permanent(_))));
    assert_eq!(world.inbox().all(), []);
    world.inbox().set_failure(None);
    world.inbox().send(&mail).await.unwrap();
    assert_eq!(world.inbox().all(), [mail]);
}

#[tokio::test]
async fn a_hasher_counts_its_work_and_outdates_its_hashes() {
    let world = world();
    let (hasher, password) = (world.password_hasher(), Password::parse("correct horse").unwrap());
    let hash = hasher.hash(&password, None).await.unwrap();
    hasher.verify(&password, None, None).await.unwrap();
    assert_eq!(hasher.work(), 2);
    hasher.outdate();
    let verdict = hasher.verify(&password, Some(&hash), None).await.unwrap();
    assert!(verdict.matches && verdict.outdated);
    hasher.set_overloaded(true);
    assert!(hasher.hash(&password, None).await.is_err());
    assert_eq!(hasher.work(), 3, "who is turned away costs nothing");
    hasher.set_overloaded(false);
    assert!(hasher.hash(&password, None).await.is_ok());
}

//! Who is served, when, and how often: many workers, slow recipients, servers that fail, and the end.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use async_trait::async_trait;
use chrono::TimeDelta;
use common::{SOON, Setup, Worker, options, polling, within};
use evently_auth_domain::error::StoreErrorKind;
use evently_auth_domain::mail::MailStatus;
use evently_auth_domain::ports::{Envelope, Mailer, MailerError, Outbox};
use evently_auth_services::sink::{Reaction, Stage};
use evently_auth_worker::WorkerOptions;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_workers_send_each_mail_once() {
    const MAILS: usize = 300;
    let setup = Setup::new().await;
    for number in 0..MAILS / 2 {
        setup.notice(&format!("user-{number}")).await;
    }
    let workers = [setup.work(polling()), setup.work(polling())];
    for number in MAILS / 2..MAILS {
        setup.code(&format!("user-{number}")).await;
    }
    let mails = setup.sink.wait_for(MAILS).await;
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(setup.queued().await, 0);
    assert_eq!(setup.sink.mails().len(), MAILS);
    assert_eq!(mails.iter().map(|mail| mail.message_id()).collect::<HashSet<_>>().len(), MAILS);
}

#[tokio::test]
async fn a_recipient_that_hangs_delays_nobody() {
    let setup = Setup::new().await;
    setup.sink.react_for("poison", Stage::Content, Reaction::Hang);
    setup.notice("poison").await;
    for number in 0..40 {
        setup.notice(&format!("user-{number}")).await;
    }
    let _worker = setup.work(WorkerOptions { concurrency: 2, ..polling() });
    within(SOON, setup.sink.wait_for(40)).await;
    setup.until_queued(1).await;
    setup.code("urgent").await;
    within(SOON, setup.sink.wait_for(41)).await;
    setup.until_queued(1).await;
    assert!(!setup.arrived().contains(&"poison".to_owned()));
}

#[tokio::test]
async fn codes_overtake_notices_that_wait() {
    let setup = Setup::new().await;
    for name in ["one", "two", "three"] {
        setup.notice(name).await;
    }
    setup.code("urgent").await;
    let worker = setup.work(WorkerOptions { concurrency: 1, ..options() });
    within(SOON, setup.sink.wait_for(4)).await;
    worker.stop().await;
    assert_eq!(setup.arrived(), ["urgent", "one", "two", "three"]);
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let setup = Setup::new().await;
    setup.sink.react_for("nobody", Stage::Recipient, Reaction::answer("550 5.1.1 no such user"));
    setup.sink.react_for("full", Stage::Recipient, Reaction::answer("452 4.2.2 mailbox full"));
    for name in ["nobody", "full", "ada"] {
        setup.notice(name).await;
    }
    let worker = setup.work(polling());
    within(SOON, setup.sink.wait_for(1)).await;
    let store = setup.world.store();
    let with = async |status| store.list(Some(status), 10).await.unwrap();
    within(SOON, async {
        while with(MailStatus::Dead).await.is_empty()
            || with(MailStatus::Queued).await[0].last_error.is_none()
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    let (dead, queued) = (with(MailStatus::Dead).await, with(MailStatus::Queued).await);
    assert_eq!((dead.len(), queued.len()), (1, 1));
    assert!(dead[0].last_error.as_ref().unwrap().contains("5.1.1 no such user"));
    assert!(queued[0].last_error.as_ref().unwrap().contains("4.2.2 mailbox full"));
    assert_eq!(setup.arrived(), ["ada"]);

    setup.sink.accept_all();
    setup.clock.advance(TimeDelta::seconds(90));
    within(SOON, setup.sink.wait_for(2)).await;
    worker.stop().await;
    assert_eq!(setup.arrived(), ["ada", "full"]);
}

#[tokio::test]
async fn a_mail_server_that_comes_back_gets_what_waited() {
    let setup = Setup::new().await;
    setup.sink.stop_listening().await.unwrap();
    for number in 0..10 {
        setup.notice(&format!("user-{number}")).await;
    }
    let worker = setup.work(polling());
    let store = setup.world.store();
    within(SOON, async {
        while store.list(None, 10).await.unwrap().iter().any(|mail| mail.last_error.is_none()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    setup.sink.listen_again().await.unwrap();
    setup.clock.advance(TimeDelta::seconds(90));
    assert_eq!(within(SOON, setup.sink.wait_for(10)).await.len(), 10);
    worker.stop().await;
    assert_eq!(setup.queued().await, 0);
}

#[tokio::test]
async fn a_store_that_was_away_is_asked_again() {
    let setup = Setup::new().await;
    setup.notice("ada").await;
    setup.world.store().fail_next(StoreErrorKind::Unavailable);
    let worker = setup.work(options());
    assert_eq!(within(SOON, setup.sink.wait_for(1)).await.len(), 1);
    worker.stop().await;
}

/// Sends when it is let, and breaks down over one recipient.
struct Gate(Semaphore, Semaphore);

#[async_trait]
impl Mailer for Gate {
    async fn send(&self, envelope: &Envelope) -> Result<(), MailerError> {
        assert_ne!(envelope.to.as_str(), "panic@example.com");
        self.0.add_permits(1);
        self.1.acquire().await.unwrap().forget();
        Ok(())
    }
}

#[tokio::test]
async fn a_worker_that_stops_finishes_what_it_sends_and_begins_nothing() {
    let setup = Setup::new().await;
    for name in ["one", "two", "three"] {
        setup.notice(name).await;
    }
    let gate = Arc::new(Gate(Semaphore::new(0), Semaphore::new(0)));
    let worker = Worker::start(setup.auth_with(gate.clone()), WorkerOptions { concurrency: 2, ..polling() });
    within(SOON, gate.0.acquire_many(2)).await.unwrap().forget();
    worker.tell_to_stop();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(setup.queued().await, 3);
    gate.1.add_permits(10);
    worker.stop().await;
    assert_eq!(setup.queued().await, 1);
    assert_eq!(gate.0.available_permits(), 0, "a third mail was begun");
}

#[tokio::test]
async fn a_mail_that_ends_every_attempt_is_given_up() {
    let setup = Setup::new().await;
    setup.notice("panic").await;
    let gate = Arc::new(Gate(Semaphore::new(0), Semaphore::new(10)));
    let worker = Worker::start(setup.auth_with(gate), polling());
    let store = setup.world.store();
    let dead = within(SOON, async {
        loop {
            if let Some(mail) = store.list(Some(MailStatus::Dead), 1).await.unwrap().pop() {
                return mail;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
            setup.clock.advance(TimeDelta::seconds(10));
        }
    });
    let reason = dead.await.last_error.unwrap();
    worker.stop().await;
    assert!(reason.starts_with("given up: 12 attempts were made"), "{reason}");
}

#[tokio::test]
async fn an_attempt_that_panics_takes_nobody_along() {
    let setup = Setup::new().await;
    for name in ["panic", "one", "two"] {
        setup.notice(name).await;
    }
    let gate = Arc::new(Gate(Semaphore::new(0), Semaphore::new(10)));
    let worker = Worker::start(setup.auth_with(gate.clone()), WorkerOptions { concurrency: 1, ..options() });
    within(SOON, gate.0.acquire_many(2)).await.unwrap().forget();
    worker.stop().await;
    assert_eq!(setup.queued().await, 1);
}

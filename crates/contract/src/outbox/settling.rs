//! Saying what became of an attempt.

use crate::given::{INSTANT, at, code_mail, notice};
use crate::{StoreHarness, race};
use chrono::TimeDelta;
use evently_auth_domain::mail::{Delivery, MailEntry, MailId, MailJob, MailStatus};

const LEASE: TimeDelta = TimeDelta::minutes(2);

async fn claim(store: &StoreHarness, seconds: i64) -> Vec<MailJob> {
    store.outbox.claim(10, LEASE, at(seconds)).await.unwrap()
}

async fn claimed(store: &StoreHarness) -> MailJob {
    store.post([notice(0)]).await;
    claim(store, 1).await.remove(0)
}

async fn settle(store: &StoreHarness, job: &MailJob, delivery: Delivery) -> bool {
    store.outbox.settle(job, delivery).await.unwrap()
}

async fn entry(store: &StoreHarness) -> MailEntry {
    store.mails().await.remove(0)
}

fn retry(seconds: i64) -> Delivery {
    Delivery::Retry { at: at(seconds), reason: "451 later".to_owned() }
}

fn dead() -> Delivery {
    Delivery::Dead { reason: "550 'nobody'\r\n".to_owned() }
}

/// It is never claimed again, and stays listed.
pub async fn a_sent_mail_is_done(store: StoreHarness) {
    let job = claimed(&store).await;
    assert!(settle(&store, &job, Delivery::Sent).await);
    assert_eq!(claim(&store, 1_000_000).await, []);
    let entry = entry(&store).await;
    assert_eq!((entry.id, entry.status, entry.attempts), (job.id, MailStatus::Sent, 1));
}

/// It is never claimed again either.
pub async fn an_expired_mail_is_done(store: StoreHarness) {
    store.post([code_mail(0)]).await;
    let job = claim(&store, 1).await.remove(0);
    assert!(settle(&store, &job, Delivery::Expired).await);
    assert_eq!(claim(&store, 1_000_000).await, []);
    assert_eq!(entry(&store).await.status, MailStatus::Expired);
}

/// The same mail, as the next attempt; not before, and without waiting for the lease.
pub async fn a_retry_comes_at_its_time(store: StoreHarness) {
    let job = claimed(&store).await;
    assert!(settle(&store, &job, retry(60)).await);
    let listed = entry(&store).await;
    assert_eq!((listed.status, listed.attempts, listed.next_attempt_at), (MailStatus::Queued, 1, at(60)));
    assert_eq!(listed.last_error.as_deref(), Some("451 later"));
    assert_eq!(store.outbox.claim(10, LEASE, at(60) - INSTANT).await.unwrap(), []);
    let next = claim(&store, 60).await.remove(0);
    assert_eq!(next, MailJob { lease: next.lease, attempt: 2, ..job });
}

/// It is not claimed, and says why.
pub async fn a_dead_mail_waits_for_an_operator(store: StoreHarness) {
    let job = claimed(&store).await;
    assert!(settle(&store, &job, dead()).await);
    assert_eq!(claim(&store, 1_000_000).await, []);
    let entry = entry(&store).await;
    assert_eq!((entry.status, entry.last_error.as_deref()), (MailStatus::Dead, Some("550 'nobody'\r\n")));
}

/// The lease of the first ended, the second has it.
pub async fn only_the_attempt_that_holds_a_mail_settles_it(store: StoreHarness) {
    let first = claimed(&store).await;
    let second = claim(&store, 1_000).await.remove(0);
    for delivery in [Delivery::Sent, Delivery::Expired, retry(2_000), dead()] {
        assert!(!settle(&store, &first, delivery).await);
        assert_eq!(entry(&store).await.status, MailStatus::Queued);
    }
    let future = MailJob { lease: second.lease + 1, ..second.clone() };
    assert!(!settle(&store, &future, Delivery::Sent).await);
    assert!(settle(&store, &second, Delivery::Sent).await);
}

/// It did send the mail: better late than twice.
pub async fn a_late_attempt_settles_while_nobody_else_claimed(store: StoreHarness) {
    let job = claimed(&store).await;
    assert!(settle(&store, &job, Delivery::Sent).await);
    assert_eq!(claim(&store, 1_000).await, []);
}

/// After that it holds the mail no more: what was sent is not queued again.
pub async fn an_attempt_settles_once(store: StoreHarness) {
    for first in [Delivery::Sent, Delivery::Expired, dead(), retry(5_000)] {
        store.post([notice(0)]).await;
        let job = claim(&store, 1).await.remove(0);
        assert!(settle(&store, &job, first.clone()).await);
        for second in [retry(2), Delivery::Sent, dead()] {
            assert!(!settle(&store, &job, second).await, "after {first:?}");
        }
        assert_eq!(claim(&store, 1_000).await, [], "after {first:?}");
    }
    store.post([notice(0)]).await;
    let unclaimed = store.outbox.list(Some(MailStatus::Queued), 1).await.unwrap().remove(0);
    for lease in [0, 1] {
        let stranger = MailJob { id: unclaimed.id, lease, attempt: 0, mail: notice(0) };
        assert!(!settle(&store, &stranger, Delivery::Sent).await, "nobody holds it yet");
    }
}

/// Although attempts are counted anew, so that it has the number of the latest one.
pub async fn an_attempt_from_before_a_requeue_settles_nothing(store: StoreHarness) {
    let first = claimed(&store).await;
    let second = claim(&store, 1_000).await.remove(0);
    assert!(settle(&store, &second, dead()).await);
    assert_eq!(store.outbox.requeue(None, at(2_000)).await.unwrap(), 1);
    assert!(!settle(&store, &first, Delivery::Sent).await, "nobody holds it yet");
    let third = claim(&store, 2_000).await.remove(0);
    assert_eq!((third.id, third.attempt), (first.id, first.attempt));
    for late in [&first, &second] {
        for delivery in [Delivery::Sent, Delivery::Expired, retry(3_000), dead()] {
            assert!(!settle(&store, late, delivery).await);
            assert_eq!(entry(&store).await.status, MailStatus::Queued);
        }
    }
    assert!(settle(&store, &third, Delivery::Sent).await);
}

/// Nothing happens.
pub async fn an_unknown_mail_is_not_settled(store: StoreHarness) {
    let job = claimed(&store).await;
    let unknown = MailJob { id: MailId(job.id.0 + 1), ..job };
    assert!(!settle(&store, &unknown, Delivery::Sent).await);
    assert_eq!(entry(&store).await.status, MailStatus::Queued);
}

/// 64 at once.
pub async fn of_many_settlements_one_counts(store: StoreHarness) {
    let job = claimed(&store).await;
    let outbox = &store.outbox;
    let settled = race(64, |number| {
        let (outbox, job) = (outbox.clone(), job.clone());
        let delivery = if number % 2 == 0 { Delivery::Sent } else { retry(60) };
        async move { outbox.settle(&job, delivery).await.unwrap() }
    })
    .await;
    assert_eq!(settled.iter().filter(|settled| **settled).count(), 1);
}

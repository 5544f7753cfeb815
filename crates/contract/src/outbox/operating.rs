//! What an operator sees and does.

use crate::StoreHarness;
use crate::given::{at, code_mail, notice};
use chrono::TimeDelta;
use evently_auth_domain::mail::{Delivery, MailEntry, MailId, MailJob, MailStatus, QueueStats};

const LEASE: TimeDelta = TimeDelta::minutes(2);

async fn claim(store: &StoreHarness, seconds: i64) -> Vec<MailJob> {
    store.outbox.claim(100, LEASE, at(seconds)).await.unwrap()
}

fn dead() -> Delivery {
    Delivery::Dead { reason: "550 no such user".to_owned() }
}

/// One mail of each kind of end, oldest first: sent, dead, expired, to be retried at `at(5_000)`, dead.
pub(super) async fn settled(store: &StoreHarness) -> Vec<MailJob> {
    store.post((1..=5).map(notice)).await;
    let jobs = claim(store, 10).await;
    let retry = Delivery::Retry { at: at(5_000), reason: "451 later".to_owned() };
    for (job, delivery) in jobs.iter().zip([Delivery::Sent, dead(), Delivery::Expired, retry, dead()]) {
        assert!(store.outbox.settle(job, delivery).await.unwrap());
    }
    jobs
}

pub(super) fn ids(entries: &[MailEntry]) -> Vec<MailId> {
    entries.iter().map(|entry| entry.id).collect()
}

/// The same mails, with as many attempts, under later leases.
fn assert_claimed_again(again: &[MailJob], before: &[&MailJob]) {
    assert_eq!(again.len(), before.len());
    for (again, before) in again.iter().zip(before) {
        assert!(again.lease > before.lease);
        assert_eq!(*again, MailJob { lease: again.lease, ..(*before).clone() });
    }
}

/// By when they were written; without their content.
pub async fn mails_are_listed_newest_first(store: StoreHarness) {
    let mails = [code_mail(2), notice(3), notice(1)];
    store.post(mails.clone()).await;
    let listed = store.outbox.list(None, 10).await.unwrap();
    assert_eq!(listed.len(), 3);
    for (entry, mail) in listed.iter().zip([&mails[1], &mails[0], &mails[2]]) {
        let expected = MailEntry {
            id: entry.id,
            message_id: mail.message_id.clone(),
            kind: mail.kind,
            to: mail.to.clone(),
            status: MailStatus::Queued,
            attempts: 0,
            next_attempt_at: entry.next_attempt_at,
            last_error: None,
            created_at: mail.created_at,
        };
        assert_eq!(*entry, expected);
    }
}

/// Each status has its own.
pub async fn a_list_can_be_of_one_status(store: StoreHarness) {
    let jobs = settled(&store).await;
    for (status, indices) in [
        (MailStatus::Sent, vec![0]),
        (MailStatus::Dead, vec![4, 1]),
        (MailStatus::Expired, vec![2]),
        (MailStatus::Queued, vec![3]),
    ] {
        let expected: Vec<_> = indices.into_iter().map(|index: usize| jobs[index].id).collect();
        let listed = store.outbox.list(Some(status), 10).await.unwrap();
        assert!(listed.iter().all(|entry| entry.status == status));
        assert_eq!(ids(&listed), expected, "{status:?}");
    }
}

/// The newest are shown.
pub async fn a_list_has_a_limit(store: StoreHarness) {
    let jobs = settled(&store).await;
    assert_eq!(ids(&store.outbox.list(None, 2).await.unwrap()), [jobs[4].id, jobs[3].id]);
    assert_eq!(ids(&store.outbox.list(Some(MailStatus::Dead), 1).await.unwrap()), [jobs[4].id]);
}

/// With their content and a fresh count of attempts; the others stay dead.
pub async fn named_dead_mails_are_requeued(store: StoreHarness) {
    let jobs = settled(&store).await;
    assert_eq!(store.outbox.requeue(Some(&[jobs[1].id]), at(100)).await.unwrap(), 1);
    assert_eq!(claim(&store, 99).await, []);
    assert_claimed_again(&claim(&store, 100).await, &[&jobs[1]]);
    let dead = store.outbox.list(Some(MailStatus::Dead), 10).await.unwrap();
    assert_eq!(ids(&dead), [jobs[4].id]);
}

/// In their order.
pub async fn all_dead_mails_are_requeued(store: StoreHarness) {
    let jobs = settled(&store).await;
    assert_eq!(store.outbox.requeue(None, at(100)).await.unwrap(), 2);
    assert_eq!(store.outbox.requeue(None, at(100)).await.unwrap(), 0);
    assert_claimed_again(&claim(&store, 100).await, &[&jobs[1], &jobs[4]]);
}

/// Sent, expired and waiting ones stay as they are; their content is gone, or on its way.
pub async fn only_dead_mails_are_requeued(store: StoreHarness) {
    let jobs = settled(&store).await;
    let others = [jobs[0].id, jobs[2].id, jobs[3].id, MailId(jobs[4].id.0 + 1_000)];
    assert_eq!(store.outbox.requeue(Some(&others), at(100)).await.unwrap(), 0);
    assert_eq!(store.outbox.requeue(Some(&[]), at(100)).await.unwrap(), 0);
    assert_eq!(claim(&store, 4_999).await, []);
    assert_eq!(claim(&store, 5_000).await.len(), 1, "the one that was to be retried");
}

/// What waits or is being sent, what was given up, and since when the oldest waits.
pub async fn the_queue_is_counted(store: StoreHarness) {
    assert_eq!(store.outbox.stats().await.unwrap(), QueueStats::default());
    settled(&store).await;
    store.post([code_mail(8), notice(7)]).await;
    let expected = QueueStats { queued: 3, dead: 2, oldest_queued: Some(at(4)) };
    assert_eq!(store.outbox.stats().await.unwrap(), expected);
    claim(&store, 10).await;
    assert_eq!(store.outbox.stats().await.unwrap(), expected, "claimed ones count as well");
}

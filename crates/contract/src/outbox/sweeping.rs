//! Removing mails that are done.

use super::operating::{ids, settled};
use crate::StoreHarness;
use crate::given::{INSTANT, at, notice};
use chrono::TimeDelta;
use evently_auth_domain::Timestamp;
use evently_auth_domain::mail::{Delivery, MailStatus};

async fn sweep(store: &StoreHarness, before: Timestamp) -> u64 {
    store.outbox.sweep_settled(before, 100).await.unwrap()
}

/// Sent ones and expired ones, to the instant.
pub async fn settled_mails_are_swept_by_when_they_were_written(store: StoreHarness) {
    let jobs = settled(&store).await;
    let ids_but = |gone: &[usize]| {
        let kept = jobs.iter().enumerate().filter(|(index, _)| !gone.contains(index));
        kept.map(|(_, job)| job.id).collect::<Vec<_>>()
    };
    let (sent, expired) = (0, 2);
    assert_eq!(sweep(&store, at(1)).await, 0);
    assert_eq!(sweep(&store, at(1) + INSTANT).await, 1);
    assert_eq!(ids(&store.mails().await), ids_but(&[sent]));
    assert_eq!(sweep(&store, at(3)).await, 0);
    assert_eq!(sweep(&store, at(3) + INSTANT).await, 1);
    assert_eq!(ids(&store.mails().await), ids_but(&[sent, expired]));
}

/// However old: they go on where they stood.
pub async fn dead_and_queued_mails_are_not_swept(store: StoreHarness) {
    let jobs = settled(&store).await;
    store.post([notice(6)]).await;
    let length = TimeDelta::minutes(2);
    let held = store.outbox.claim(1, length, at(20)).await.unwrap().remove(0);
    store.post([notice(7)]).await;
    assert_eq!(sweep(&store, at(1_000_000)).await, 2, "the sent and the expired one");
    assert!(store.outbox.settle(&held, Delivery::Sent).await.unwrap());
    assert_eq!(store.outbox.requeue(None, at(10_000)).await.unwrap(), 2);
    let claimed = store.outbox.claim(100, length, at(10_000)).await.unwrap();
    assert_eq!(claimed.len(), 4, "two were dead, one was to be retried, one was never claimed");
    for index in [1, 3, 4] {
        assert!(claimed.iter().any(|job| job.mail == jobs[index].mail), "{index}");
    }
}

/// What is left comes with the next one.
pub async fn a_sweep_has_a_limit(store: StoreHarness) {
    store.post((0..6).map(notice)).await;
    for job in store.outbox.claim(5, TimeDelta::minutes(2), at(10)).await.unwrap() {
        assert!(store.outbox.settle(&job, Delivery::Sent).await.unwrap());
    }
    for expected in [2, 2, 1, 0] {
        assert_eq!(store.outbox.sweep_settled(at(100), 2).await.unwrap(), expected);
    }
    let left = store.mails().await;
    assert_eq!((left.len(), left[0].status), (1, MailStatus::Queued));
}

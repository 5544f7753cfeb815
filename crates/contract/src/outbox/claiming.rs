//! Claiming mails.

use crate::given::{INSTANT, at, code_mail, effects, notice};
use crate::{StoreHarness, race};
use chrono::TimeDelta;
use evently_auth_domain::Timestamp;
use evently_auth_domain::mail::{Delivery, MailEntry, MailJob, MailStatus, SealedMail};
use std::collections::HashSet;

const LEASE: TimeDelta = TimeDelta::minutes(2);

async fn claim(store: &StoreHarness, limit: u32, now: Timestamp) -> Vec<MailJob> {
    store.outbox.claim(limit, LEASE, now).await.unwrap()
}

/// What was put in comes out, to the byte; the first attempt is 1.
pub async fn a_claimed_mail_is_whole(store: StoreHarness) {
    let (code, notice) = (code_mail(0), notice(0));
    store.post([notice.clone(), code.clone()]).await;
    let jobs = claim(&store, 10, at(1)).await;
    assert!(jobs.iter().all(|job| job.id.0 > 0 && job.attempt == 1));
    let mails: Vec<_> = jobs.into_iter().map(|job| job.mail).collect();
    assert_eq!(mails, [code, notice]);
}

/// When it was written, and until when it is worth sending.
pub async fn times_survive_to_the_microsecond(store: StoreHarness) {
    let written = at(0) + INSTANT;
    let expires_at = Some(at(600) - INSTANT);
    store.post([SealedMail { created_at: written, expires_at, ..code_mail(0) }]).await;
    let listed: MailEntry = store.mails().await.remove(0);
    assert_eq!((listed.created_at, listed.status, listed.attempts), (written, MailStatus::Queued, 0));
    let mail = claim(&store, 1, at(1)).await.remove(0).mail;
    assert_eq!((mail.created_at, mail.expires_at), (written, expires_at));
}

/// Before its lease ends.
pub async fn a_claimed_mail_is_claimed_by_nobody_else(store: StoreHarness) {
    store.post([notice(0)]).await;
    assert_eq!(claim(&store, 10, at(1)).await.len(), 1);
    assert_eq!(claim(&store, 10, at(1)).await, []);
    assert_eq!(claim(&store, 10, at(1) + LEASE - INSTANT).await, []);
}

/// As the next attempt: whoever held it may have died.
pub async fn a_lease_that_ended_is_claimed_again(store: StoreHarness) {
    store.post([notice(0)]).await;
    let first = claim(&store, 10, at(1)).await.remove(0);
    let later = at(1) + LEASE + INSTANT;
    let second = claim(&store, 10, later).await.remove(0);
    assert!(second.lease > first.lease);
    assert_eq!(second, MailJob { lease: second.lease, attempt: 2, ..first });
    assert_eq!(claim(&store, 10, later).await, [], "it has a lease of its own");
}

/// What is left comes with the next one.
pub async fn a_claim_has_a_limit(store: StoreHarness) {
    store.post((0..5).map(notice)).await;
    for expected in [2, 2, 1, 0] {
        assert_eq!(claim(&store, 2, at(10)).await.len(), expected);
    }
}

/// Also when the limit leaves some of them out.
pub async fn codes_come_before_notices_and_older_before_newer(store: StoreHarness) {
    let mails = [notice(3), code_mail(2), notice(1), code_mail(4), notice(2), code_mail(3)];
    store.post(mails.clone()).await;
    let mut order = Vec::new();
    for _ in 0..3 {
        order.extend(claim(&store, 2, at(10)).await.into_iter().map(|job| job.mail.message_id));
    }
    let expected: Vec<_> = [1, 5, 3, 2, 4, 0].map(|index| mails[index].message_id.clone()).into();
    assert_eq!(order, expected);
}

/// One that could not be delivered keeps none of those waiting that came since.
pub async fn what_is_due_longer_comes_first(store: StoreHarness) {
    store.post([notice(0)]).await;
    let first = claim(&store, 1, at(1)).await.remove(0);
    let retry = Delivery::Retry { at: at(50), reason: "451 later".to_owned() };
    assert!(store.outbox.settle(&first, retry).await.unwrap());
    let mails = [notice(10), notice(20), notice(60)];
    store.post(mails.clone()).await;
    let mut order = Vec::new();
    for _ in 0..4 {
        order.extend(claim(&store, 1, at(70)).await.into_iter().map(|job| job.mail.message_id));
    }
    assert_eq!(order, [&mails[0], &mails[1], &first.mail, &mails[2]].map(|mail| mail.message_id.clone()));
    // What a lease was lost of is due since its end.
    let last = notice(100);
    store.post([last.clone()]).await;
    assert_eq!(claim(&store, 1, at(70) + LEASE).await.remove(0).mail.message_id, last.message_id);
}

/// 64 workers, 100 mails: each mail is claimed once.
pub async fn many_claims_at_once_share_the_mails(store: StoreHarness) {
    store.post((0..100).map(notice)).await;
    let outbox = &store.outbox;
    let claimed = race(64, |_| {
        let outbox = outbox.clone();
        async move { outbox.claim(3, LEASE, at(200)).await.unwrap() }
    })
    .await;
    let mut seen = HashSet::new();
    for job in claimed.into_iter().flatten() {
        assert_eq!(job.attempt, 1);
        assert!(seen.insert(job.id), "{:?} was claimed twice", job.id);
    }
    let rest = claim(&store, 1_000, at(200)).await;
    assert_eq!(seen.len() + rest.len(), 100, "none is lost");
}

/// Mails and events alike.
pub async fn effects_without_a_change_are_written(store: StoreHarness) {
    store.outbox.put(effects()).await.unwrap();
    store.assert_effects(1).await;
}

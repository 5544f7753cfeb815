//! Cuts at the front of the audit.

use super::seals::{append, rows};
use crate::given::{end, event, seal, start};
use crate::{StoreHarness, race};
use evently_auth_domain::audit::{AuditAction, AuditEnds, AuditRecord, AuditSeal};
use evently_auth_domain::effects::Effects;

/// Four seals over two rows each, and a row that is not sealed.
async fn chain(store: &StoreHarness) -> (Vec<AuditRecord>, Vec<AuditSeal>) {
    let rows = rows(store, 9).await;
    let mut seals: Vec<AuditSeal> = Vec::new();
    for pair in rows[..8].chunks(2) {
        let next = seal(seals.last(), pair);
        assert!(append(store, &next).await);
        seals.push(next);
    }
    (store.audit().await, seals)
}

fn told() -> Effects {
    Effects::audit(event(AuditAction::AuditCut).with("4 rows"))
}

/// The rest stays as it is, and the cut is an event that nothing covers yet.
pub async fn a_cut_removes_seals_with_their_rows_and_nothing_else(store: StoreHarness) {
    let (rows, seals) = chain(&store).await;
    assert!(store.audit_log.cut(0, start(&seals[1], 4), told()).await.unwrap());
    assert_eq!(store.audit_log.seals(0, 10).await.unwrap(), seals[2..]);
    let left = store.audit().await;
    assert_eq!(left[..5], rows[4..]);
    assert_eq!((left.len(), left[5].event.action), (6, AuditAction::AuditCut));
    assert_eq!(left[5].sealed_by, None);
    let ends = AuditEnds { start: Some(start(&seals[1], 4)), end: Some(end(&seals[3])) };
    assert_eq!(store.audit_log.ends().await.unwrap(), ends);
}

/// From where the last one ended.
pub async fn one_cut_follows_the_other(store: StoreHarness) {
    let (_, seals) = chain(&store).await;
    assert!(store.audit_log.cut(0, start(&seals[0], 2), told()).await.unwrap());
    for wrong in [0, 2] {
        assert!(!store.audit_log.cut(wrong, start(&seals[1], 4), told()).await.unwrap());
    }
    assert_eq!(store.audit_log.seals(0, 10).await.unwrap(), seals[1..]);
    assert!(store.audit_log.cut(1, start(&seals[2], 6), told()).await.unwrap());
    assert_eq!(store.audit_log.seals(0, 10).await.unwrap(), seals[3..]);
    assert_eq!(store.audit().await.len(), 2 + 1 + 2, "two that are sealed, one that is not, two cuts");
}

/// 64 workers at once.
pub async fn of_many_equal_cuts_one_is_made(store: StoreHarness) {
    let (_, seals) = chain(&store).await;
    let (log, start) = (&store.audit_log, start(&seals[1], 4));
    let made = race(64, |_| {
        let log = log.clone();
        async move { log.cut(0, start, told()).await.unwrap() }
    })
    .await;
    assert_eq!(made.iter().filter(|made| **made).count(), 1);
    assert_eq!(store.audit().await.len(), 6);
}

/// Nor is anything cut up to a seal that is not there, or is another one.
pub async fn the_last_seal_is_never_cut(store: StoreHarness) {
    let (rows, seals) = chain(&store).await;
    let other = AuditSeal { mac: seals[2].mac, ..seals[1].clone() };
    let unknown = AuditSeal { number: 9, ..seals[1].clone() };
    for wrong in [&seals[3], &other, &unknown] {
        assert!(store.audit_log.cut(0, start(wrong, 8), told()).await.is_err());
    }
    assert_eq!(store.audit().await, rows);
    assert_eq!(store.audit_log.seals(0, 10).await.unwrap(), seals);
    assert_eq!(store.audit_log.ends().await.unwrap().start, None);
}

/// The chain has lost its front and nothing else.
pub async fn sealing_goes_on_after_a_cut(store: StoreHarness) {
    let (_, seals) = chain(&store).await;
    assert!(store.audit_log.cut(0, start(&seals[2], 6), told()).await.unwrap());
    let rows = store.audit_log.unsealed(10).await.unwrap();
    assert!(append(&store, &seal(Some(&seals[3]), &rows)).await);
    assert_eq!(store.audit_log.last_seal().await.unwrap().unwrap().number, 5);
    assert_eq!(store.audit_log.unsealed(10).await.unwrap(), []);
}

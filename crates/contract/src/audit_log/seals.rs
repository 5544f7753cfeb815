//! Seals of the audit.

use crate::given::{audit_key, end, event, seal};
use crate::{StoreHarness, race};
use evently_auth_domain::audit::{AuditAction, AuditEnds, AuditLink, AuditRecord, AuditSeal, AuditSide};
use evently_auth_domain::effects::Effects;

pub(super) async fn rows(store: &StoreHarness, count: usize) -> Vec<AuditRecord> {
    let audit = vec![event(AuditAction::LoggedIn); count];
    store.outbox.put(Effects { audit, ..Effects::default() }).await.unwrap();
    store.audit().await
}

/// As the one after the seal with the number before.
pub(super) async fn append(store: &StoreHarness, seal: &AuditSeal) -> bool {
    store.audit_log.append_seal(seal.number - 1, seal.clone(), end(seal)).await.unwrap()
}

/// Nothing to verify yet.
pub async fn an_audit_begins_without_seals(store: StoreHarness) {
    rows(&store, 1).await;
    assert_eq!(store.audit_log.last_seal().await.unwrap(), None);
    assert_eq!(store.audit_log.seals(0, 10).await.unwrap(), []);
    assert_eq!(store.audit_log.rows_of(1, 0, 100).await.unwrap(), []);
}

/// Its rows, their digests and their order, its time and its own digest.
pub async fn a_seal_is_kept_as_it_was_made(store: StoreHarness) {
    let rows = rows(&store, 3).await;
    let first = seal(None, &rows);
    assert!(append(&store, &first).await);
    let kept = store.audit_log.last_seal().await.unwrap().unwrap();
    assert_eq!(kept, first);
    assert!(audit_key().proves_seal(AuditLink::NONE.digest, &kept));
}

/// And their content is what it was.
pub async fn a_seal_marks_its_rows(store: StoreHarness) {
    let rows = rows(&store, 3).await;
    append(&store, &seal(None, &rows[..2])).await;
    let marked: Vec<_> = rows.iter().map(|row| AuditRecord { sealed_by: Some(1), ..row.clone() }).collect();
    assert_eq!(store.audit_log.rows_of(1, 0, 100).await.unwrap(), marked[..2]);
    assert_eq!(store.audit().await, [&marked[..2], &rows[2..]].concat());
}

/// What a seal covers is left out.
pub async fn what_is_not_sealed_comes_by_id_and_limited(store: StoreHarness) {
    let rows = rows(&store, 5).await;
    assert_eq!(store.audit_log.unsealed(3).await.unwrap(), rows[..3]);
    assert_eq!(store.audit_log.unsealed(100).await.unwrap(), rows);
    append(&store, &seal(None, &rows[..2])).await;
    assert_eq!(store.audit_log.unsealed(100).await.unwrap(), rows[2..]);
    assert_eq!(store.audit_log.unsealed(1).await.unwrap(), rows[2..3]);
}

/// Also when a second sealer looked before the first had sealed.
pub async fn a_row_is_sealed_once(store: StoreHarness) {
    let rows = rows(&store, 3).await;
    let first = seal(None, &rows[..2]);
    assert!(append(&store, &first).await);
    assert!(!append(&store, &seal(Some(&first), &rows)).await);
    assert_eq!(store.audit_log.last_seal().await.unwrap(), Some(first));
    assert_eq!(store.audit_log.unsealed(10).await.unwrap(), rows[2..]);
}

/// A row that was committed late has a lower number than one that is sealed already.
pub async fn a_seal_may_leave_rows_to_the_next_one(store: StoreHarness) {
    let rows = rows(&store, 3).await;
    let first = seal(None, &[rows[0].clone(), rows[2].clone()]);
    assert!(append(&store, &first).await);
    assert_eq!(store.audit_log.unsealed(100).await.unwrap(), rows[1..2]);
    assert!(append(&store, &seal(Some(&first), &rows[1..2])).await);
    assert_eq!(store.audit_log.unsealed(100).await.unwrap(), []);
}

/// A second seal of that number changes nothing.
pub async fn a_number_is_given_once(store: StoreHarness) {
    let rows = rows(&store, 2).await;
    let first = seal(None, &rows[..1]);
    assert!(append(&store, &first).await);
    assert!(!append(&store, &first).await);
    assert!(!append(&store, &seal(None, &rows[1..])).await);
    assert_eq!(store.audit_log.seals(0, 10).await.unwrap(), [first]);
    assert_eq!(store.audit_log.unsealed(10).await.unwrap(), rows[1..]);
}

/// 1, 2, 3, without gaps.
pub async fn a_seal_follows_the_last(store: StoreHarness) {
    let rows = rows(&store, 3).await;
    let (first, second, third) = {
        let first = seal(None, &rows[..1]);
        let second = seal(Some(&first), &rows[1..2]);
        let third = seal(Some(&second), &rows[2..]);
        (first, second, third)
    };
    let zeroth = AuditSeal { number: 0, ..first.clone() };
    assert!(!append(&store, &zeroth).await);
    assert!(!append(&store, &second).await);
    assert!(append(&store, &first).await);
    assert!(!append(&store, &third).await);
    assert_eq!(store.audit_log.unsealed(10).await.unwrap(), rows[1..]);
    assert!(append(&store, &second).await);
    assert!(append(&store, &third).await);
    assert_eq!(store.audit_log.last_seal().await.unwrap(), Some(third));
}

/// From where the last page ended.
pub async fn seals_come_by_number_and_in_pages(store: StoreHarness) {
    let rows = rows(&store, 4).await;
    let mut all: Vec<AuditSeal> = Vec::new();
    for row in &rows {
        let next = seal(all.last(), std::slice::from_ref(row));
        assert!(append(&store, &next).await);
        all.push(next);
    }
    assert_eq!(store.audit_log.seals(0, 3).await.unwrap(), all[..3]);
    assert_eq!(store.audit_log.seals(3, 3).await.unwrap(), all[3..]);
    assert_eq!(store.audit_log.seals(4, 3).await.unwrap(), []);
}

/// 64 workers made the same one.
pub async fn of_many_equal_seals_one_is_appended(store: StoreHarness) {
    let rows = rows(&store, 3).await;
    let log = &store.audit_log;
    let appended = race(64, |_| {
        let (log, seal) = (log.clone(), seal(None, &rows));
        async move { log.append_seal(0, seal.clone(), end(&seal)).await.unwrap() }
    })
    .await;
    assert_eq!(appended.iter().filter(|appended| **appended).count(), 1);
    assert_eq!(store.audit_log.seals(0, 10).await.unwrap().len(), 1);
}

/// 64 workers saw different rows: the rows that are marked are those of the one seal.
pub async fn of_many_different_seals_one_is_appended(store: StoreHarness) {
    let rows = rows(&store, 64).await;
    let log = &store.audit_log;
    let appended = race(64, |number| {
        let (log, seal) = (log.clone(), seal(None, &rows[..=number]));
        async move { log.append_seal(0, seal.clone(), end(&seal)).await.unwrap() }
    })
    .await;
    assert_eq!(appended.iter().filter(|appended| **appended).count(), 1);
    let kept = store.audit_log.last_seal().await.unwrap().unwrap();
    let marked: Vec<_> =
        store.audit_log.rows_of(1, 0, 100).await.unwrap().iter().map(|row| (row.id, row.mac)).collect();
    assert_eq!(marked, kept.rows);
}

/// From the first seal on; one that is refused moves nothing.
pub async fn the_end_moves_with_each_seal(store: StoreHarness) {
    let rows = rows(&store, 3).await;
    assert_eq!(store.audit_log.ends().await.unwrap(), AuditEnds::default());
    let first = seal(None, &rows[..1]);
    let second = seal(Some(&first), &rows[1..2]);
    for next in [&first, &second] {
        assert!(append(&store, next).await);
        assert_eq!(store.audit_log.ends().await.unwrap(), AuditEnds { start: None, end: Some(end(next)) });
    }
    assert!(!append(&store, &seal(Some(&first), &rows[2..])).await);
    let kept = store.audit_log.ends().await.unwrap().end.unwrap();
    assert_eq!(kept, end(&second));
    assert!(audit_key().proves_end(AuditSide::End, &kept));
}

/// A chain that was broken goes on behind the numbers that are gone.
pub async fn a_seal_may_leave_numbers_out(store: StoreHarness) {
    let rows = rows(&store, 2).await;
    let first = seal(None, &rows[..1]);
    assert!(append(&store, &first).await);
    let gone = AuditLink { number: 4, ..first.link() };
    let fifth = audit_key().seal(gone, &rows[1..], first.at);
    assert!(!store.audit_log.append_seal(4, fifth.clone(), end(&fifth)).await.unwrap());
    assert!(store.audit_log.append_seal(1, fifth.clone(), end(&fifth)).await.unwrap());
    assert_eq!(store.audit_log.seals(0, 10).await.unwrap(), [first, fifth]);
}

/// What is left of a seal whose rows are gone covers nothing.
pub async fn a_seal_over_rows_that_are_not_there_is_not_appended(store: StoreHarness) {
    let rows = rows(&store, 2).await;
    let gone = AuditRecord { id: rows[1].id + 100, ..rows[1].clone() };
    assert!(!append(&store, &seal(None, &[rows[0].clone(), gone])).await);
    assert_eq!(store.audit_log.unsealed(10).await.unwrap(), rows);
    assert_eq!(store.audit_log.seals(0, 10).await.unwrap(), []);
}

/// From where the last page ended: who knows how many somebody put there.
pub async fn rows_of_a_seal_come_by_id_and_in_pages(store: StoreHarness) {
    let rows = rows(&store, 5).await;
    assert!(append(&store, &seal(None, &rows[..4])).await);
    let marked: Vec<_> = rows.iter().map(|row| AuditRecord { sealed_by: Some(1), ..row.clone() }).collect();
    assert_eq!(store.audit_log.rows_of(1, i64::MIN, 3).await.unwrap(), marked[..3]);
    assert_eq!(store.audit_log.rows_of(1, marked[2].id, 3).await.unwrap(), marked[3..4]);
    assert_eq!(store.audit_log.rows_of(1, marked[3].id, 3).await.unwrap(), []);
}

/// Another row of that time, with that digest, under a seal up to the one that is named.
pub async fn a_twin_is_found_wherever_it_stands(store: StoreHarness) {
    let rows = rows(&store, 2).await;
    let twins = async |row: &AuditRecord, number| store.audit_log.has_twin(row, number).await.unwrap();
    assert!(!twins(&rows[1], 9).await, "nothing is sealed");
    let first = seal(None, &rows[1..]);
    assert!(append(&store, &first).await);
    assert!(twins(&rows[0], 1).await, "behind it");
    assert!(!twins(&rows[0], 0).await);
    assert!(!twins(&rows[1], 9).await, "itself");
    assert!(append(&store, &seal(Some(&first), &rows[..1])).await);
    assert!(twins(&rows[1], 2).await, "before it");
    let other = AuditRecord { mac: first.mac, ..rows[0].clone() };
    assert!(!twins(&other, 9).await);
}

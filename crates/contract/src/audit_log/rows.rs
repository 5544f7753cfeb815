//! Rows of the audit.

use crate::given::{INSTANT, at, audit_key, event, sid};
use crate::{StoreHarness, race};
use evently_auth_domain::account::UserId;
use evently_auth_domain::audit::{AuditAction, AuditEvent, AuditOutcome};
use evently_auth_domain::effects::Effects;

async fn write(store: &StoreHarness, events: Vec<AuditEvent>) {
    store.outbox.put(Effects { audit: events, ..Effects::default() }).await.unwrap();
}

/// Every member, to the microsecond; it may speak of accounts that are gone.
pub async fn a_row_says_what_its_event_said(store: StoreHarness) {
    let full = AuditEvent {
        at: at(5) + INSTANT,
        outcome: AuditOutcome::Failure,
        ip_address: Some("2001:db8::7".parse().unwrap()),
        user_agent: Some("Mozilla/5.0 (\"X11\"; 'ü')".to_owned()),
        ..event(AuditAction::UserChanged)
            .by(UserId(7))
            .about(UserId(i64::MAX))
            .in_session(&sid(3))
            .with("role: admin")
    };
    write(&store, vec![full.clone()]).await;
    let row = store.audit().await.remove(0);
    assert!(row.id > 0);
    assert_eq!((row.event, row.sealed_by), (full, None));
}

/// What nobody knew is not made up.
pub async fn a_row_keeps_the_least_event_too(store: StoreHarness) {
    let least = AuditEvent {
        at: at(0),
        action: AuditAction::AdminCreated,
        outcome: AuditOutcome::Success,
        actor: None,
        subject: None,
        sid: None,
        ip_address: None,
        user_agent: None,
        request_id: None,
        detail: None,
    };
    let empty = AuditEvent { detail: Some(String::new()), ..least.clone() };
    write(&store, vec![least.clone(), empty.clone()]).await;
    let events: Vec<_> = store.audit().await.into_iter().map(|row| row.event).collect();
    assert_eq!(events, [least, empty]);
}

/// None is refused by the store.
pub async fn every_action_and_outcome_can_be_kept(store: StoreHarness) {
    let mut all = Vec::new();
    for outcome in [AuditOutcome::Success, AuditOutcome::Failure] {
        all.extend(AuditAction::ALL.iter().map(|action| AuditEvent { outcome, ..event(*action) }));
    }
    write(&store, all.clone()).await;
    let events: Vec<_> = store.audit().await.into_iter().map(|row| row.event).collect();
    assert_eq!(events, all);
}

/// As it was when the row was written, and as it is when it is read.
pub async fn a_row_carries_the_digest_of_the_key(store: StoreHarness) {
    let event = event(AuditAction::LoggedIn).by(UserId(1));
    write(&store, vec![event.clone()]).await;
    let row = store.audit().await.remove(0);
    assert_eq!(row.mac, audit_key().row_mac(&event));
    assert!(audit_key().proves_row(&row));
}

/// From where the last page ended.
pub async fn rows_come_by_id_and_in_pages(store: StoreHarness) {
    for seconds in [3, 1, 2, 5, 4] {
        write(&store, vec![AuditEvent { at: at(seconds), ..event(AuditAction::LoggedIn) }]).await;
    }
    let all = store.audit().await;
    assert_eq!(all.iter().map(|row| row.event.at).collect::<Vec<_>>(), [3, 1, 2, 5, 4].map(at));
    assert!(all.is_sorted_by(|one, next| one.id < next.id));
    assert_eq!(store.audit_log.rows(0, 2).await.unwrap(), all[..2]);
    assert_eq!(store.audit_log.rows(all[1].id, 2).await.unwrap(), all[2..4]);
    assert_eq!(store.audit_log.rows(all[3].id, 2).await.unwrap(), all[4..]);
    assert_eq!(store.audit_log.rows(all[4].id, 2).await.unwrap(), []);
}

/// A story is told from its beginning.
pub async fn events_of_one_effect_keep_their_order(store: StoreHarness) {
    let story =
        vec![event(AuditAction::LoggedIn), event(AuditAction::SessionMoved), event(AuditAction::LoggedOut)];
    write(&store, story.clone()).await;
    let events: Vec<_> = store.audit().await.into_iter().map(|row| row.event).collect();
    assert_eq!(events, story);
}

/// 64 at once, each with a number of its own.
pub async fn many_events_at_once_are_all_kept(store: StoreHarness) {
    let outbox = &store.outbox;
    race(64, |number| {
        let outbox = outbox.clone();
        let actor = UserId(i64::try_from(number).unwrap());
        async move {
            outbox.put(Effects::audit(event(AuditAction::LoggedIn).by(actor))).await.unwrap();
        }
    })
    .await;
    let rows = store.audit().await;
    assert!(rows.is_sorted_by(|one, next| one.id < next.id));
    let mut actors: Vec<_> = rows.iter().filter_map(|row| row.event.actor).collect();
    actors.sort();
    assert_eq!(actors, (0..64).map(UserId).collect::<Vec<_>>());
}

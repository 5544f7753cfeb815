//! Deleting accounts.

use crate::given::{at, effects, email, session, sid, user, username};
use crate::{StoreHarness, given, race};
use evently_auth_domain::account::{Identifier, UserId};
use evently_auth_domain::audit::AuditAction;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::DeletedUser;

/// Nobody else's sessions are; the effects happen with it.
pub async fn a_deleted_account_is_gone_with_its_sessions(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    let bob = store.add(user("bob")).await;
    for (owner, number) in [(&ada, 1), (&ada, 2), (&bob, 3)] {
        store.open(session(owner, number)).await;
    }
    assert_eq!(store.users.delete(ada.id, effects()).await.unwrap(), DeletedUser::Deleted);
    assert_eq!(store.users.find(ada.id).await.unwrap(), None);
    for identifier in
        [Identifier::Email(email("ada")), Identifier::Username(username("ada")), Identifier::Id(ada.id)]
    {
        assert_eq!(store.users.find_credentials(&identifier).await.unwrap(), None);
    }
    assert_eq!(store.sessions.find(&sid(1)).await.unwrap(), None);
    assert_eq!(store.sessions.find(&sid(2)).await.unwrap(), None);
    assert!(store.sessions.find(&sid(3)).await.unwrap().is_some());
    assert_eq!(store.sessions.list(ada.id, at(1)).await.unwrap(), []);
    assert_eq!(
        store.sessions.sweep_expired(at(1_000_000), 100).await.unwrap(),
        1,
        "the one of somebody else"
    );
    store.assert_effects(1).await;
}

/// Under another id.
pub async fn its_address_and_username_are_free_again(store: StoreHarness) {
    let old = store.add(user("ada")).await;
    store.users.delete(old.id, Effects::default()).await.unwrap();
    assert_ne!(store.add(user("ada")).await.id, old.id);
}

/// Those before, and the one that tells of the deletion.
pub async fn its_audit_events_stay(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    let before = given::event(AuditAction::LoggedIn).by(ada.id).about(ada.id);
    let deletion = given::event(AuditAction::UserDeleted).about(ada.id);
    store.outbox.put(Effects::audit(before.clone())).await.unwrap();
    store.users.delete(ada.id, Effects::audit(deletion.clone())).await.unwrap();
    let events: Vec<_> = store.audit().await.into_iter().map(|row| row.event).collect();
    assert_eq!(events, [before, deletion]);
}

/// And no effects.
pub async fn an_unknown_account_has_nothing_to_delete(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    let unknown = UserId(ada.id.0 + 1);
    assert_eq!(store.users.delete(unknown, effects()).await.unwrap(), DeletedUser::Missing);
    store.assert_effects(0).await;
}

/// 64 at once: one finds it.
pub async fn of_many_deletions_one_succeeds(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    let users = &store.users;
    let results = race(64, |_| {
        let users = users.clone();
        async move { users.delete(ada.id, effects()).await.unwrap() }
    })
    .await;
    assert_eq!(results.iter().filter(|result| **result == DeletedUser::Deleted).count(), 1);
    assert_eq!(results.iter().filter(|result| **result == DeletedUser::Missing).count(), 63);
    store.assert_effects(1).await;
}

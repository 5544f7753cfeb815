//! Making accounts.

use crate::given::{self, INSTANT, at, effects, email, full_name, user, username};
use crate::{StoreHarness, race};
use evently_auth_domain::account::{NewUser, Role, User};
use evently_auth_domain::audit::AuditAction;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{CreatedUser, DeletedUser};
use std::collections::HashSet;

/// Whatever was said of it.
pub async fn a_created_account_is_found_as_it_was_created(store: StoreHarness) {
    let new = NewUser { full_name: full_name("Zoë 'O%_\\ 🦀"), ..given::unverified("zoe") };
    let created = store.add(new.clone()).await;
    let expected = User {
        id: created.id,
        email: new.email,
        username: new.username,
        full_name: new.full_name,
        is_active: true,
        is_verified: false,
        role: Role::User,
        created_at: new.at,
        updated_at: new.at,
        last_login: None,
        pending_email: None,
        claim_expires_at: new.claim_expires_at,
    };
    assert_eq!(created, expected);
    assert_eq!(store.users.find(created.id).await.unwrap(), Some(expected));
    let admin = store.add(given::admin("root")).await;
    assert_eq!((admin.role, admin.is_verified, admin.claim_expires_at), (Role::Admin, true, None));
}

/// The last digit as well.
pub async fn times_survive_to_the_microsecond(store: StoreHarness) {
    for (number, moment) in [at(0), at(0) + INSTANT, at(0) - INSTANT].into_iter().enumerate() {
        let claim = Some(moment + INSTANT * 3);
        let new =
            NewUser { claim_expires_at: claim, at: moment, ..given::unverified(&format!("user{number}")) };
        let id = store.add(new).await.id;
        let found = store.users.find(id).await.unwrap().unwrap();
        assert_eq!((found.created_at, found.updated_at, found.claim_expires_at), (moment, moment, claim));
    }
}

/// Each account has its own.
pub async fn ids_are_positive_and_grow_no_twins(store: StoreHarness) {
    let mut ids = HashSet::new();
    for number in 0..20 {
        let id = store.add(user(&format!("user{number}"))).await.id;
        assert!(id.0 > 0);
        assert!(ids.insert(id));
    }
}

/// Not after the account with the highest one, nor the only account, was deleted.
pub async fn an_id_is_never_used_twice(store: StoreHarness) {
    let mut ids = HashSet::new();
    for _ in 0..5 {
        let id = store.add(user("ada")).await.id;
        assert!(ids.insert(id), "{id} came back");
        assert_eq!(store.users.delete(id, Effects::default()).await.unwrap(), DeletedUser::Deleted);
    }
}

async fn create(store: &StoreHarness, new: NewUser) -> CreatedUser {
    store.users.create(new, effects()).await.unwrap()
}

/// Whatever its case.
pub async fn an_address_is_unique(store: StoreHarness) {
    store.add(user("ada")).await;
    let twin = NewUser { email: "ADA@Example.Com".parse().unwrap(), ..user("bob") };
    assert_eq!(create(&store, twin).await, CreatedUser::Taken);
}

/// Whatever its case.
pub async fn a_username_is_unique(store: StoreHarness) {
    store.add(user("ada")).await;
    let twin = NewUser { username: username("ADA"), ..user("bob") };
    assert_eq!(create(&store, twin).await, CreatedUser::Taken);
}

async fn race_of_creations(store: &StoreHarness, new: fn(usize) -> NewUser) {
    let users = &store.users;
    let results = race(64, |number| {
        let users = users.clone();
        async move { users.create(new(number), effects()).await.unwrap() }
    })
    .await;
    let created = results.iter().filter(|result| matches!(result, CreatedUser::Created(_))).count();
    assert_eq!(created, 1);
    assert_eq!(store.users.list(&given::everybody()).await.unwrap().total, 1);
    store.assert_effects(1).await;
}

/// 64 of them, one row.
pub async fn of_many_equal_creations_one_succeeds(store: StoreHarness) {
    race_of_creations(&store, |_| user("ada")).await;
}

/// 64 usernames, one row.
pub async fn of_many_creations_with_one_address_one_succeeds(store: StoreHarness) {
    race_of_creations(&store, |number| NewUser { email: email("ada"), ..user(&format!("user{number}")) })
        .await;
}

/// 64 addresses, one row.
pub async fn of_many_creations_with_one_username_one_succeeds(store: StoreHarness) {
    race_of_creations(&store, |number| NewUser {
        username: username("ada"),
        ..user(&format!("user{number}"))
    })
    .await;
}

/// Mail and event are there.
pub async fn effects_happen_with_the_creation(store: StoreHarness) {
    assert!(matches!(create(&store, user("ada")).await, CreatedUser::Created(_)));
    store.assert_effects(1).await;
}

/// Neither mail nor event is there.
pub async fn a_refused_creation_has_no_effects(store: StoreHarness) {
    store.add(user("ada")).await;
    assert_eq!(create(&store, user("ada")).await, CreatedUser::Taken);
    store.assert_effects(0).await;
}

/// Its id was not known when the event was written down.
pub async fn an_event_without_a_subject_is_about_the_new_account(store: StoreHarness) {
    let event = given::event(AuditAction::Registered);
    let effects = Effects::audit(event.clone());
    let CreatedUser::Created(ada) = store.users.create(user("ada"), effects).await.unwrap() else {
        panic!("nothing was taken");
    };
    let rows = store.audit().await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].event, event.about(ada.id));
    assert_eq!(rows[0].mac, given::audit_key().row_mac(&rows[0].event), "the digest covers the subject");
}

/// It may speak of somebody else.
pub async fn an_event_with_a_subject_keeps_it(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    let event = given::event(AuditAction::Registered).about(ada.id);
    store.users.create(user("bob"), Effects::audit(event.clone())).await.unwrap();
    assert_eq!(store.audit().await[0].event, event);
}

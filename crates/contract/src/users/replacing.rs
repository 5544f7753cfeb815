//! Never-verified accounts make room.

use crate::given::{INSTANT, at, effects, email, other_password, password, unverified, user, username};
use crate::{StoreHarness, given, race};
use evently_auth_domain::account::{Identifier, NewUser};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{ChangedUser, CreatedUser, UserChange};

async fn create(store: &StoreHarness, new: NewUser) -> CreatedUser {
    store.users.create(new, effects()).await.unwrap()
}

/// Its claim still runs; it is gone all the same, and the new one has another id, username and password.
pub async fn a_never_verified_account_of_the_address_is_replaced(store: StoreHarness) {
    let old = store.add(unverified("ada")).await;
    let new = NewUser {
        username: username("lovelace"),
        password: other_password(),
        at: at(60),
        ..unverified("ada")
    };
    let CreatedUser::Created(new) = create(&store, new).await else { panic!("it was not replaced") };
    assert_ne!(new.id, old.id);
    assert_eq!(store.users.find(old.id).await.unwrap(), None);
    let found = store.users.find_credentials(&Identifier::Email(email("ada"))).await.unwrap().unwrap();
    assert_eq!((found.user, found.password), (new, other_password()));
    let old_name = Identifier::Username(username("ada"));
    assert_eq!(store.users.find_credentials(&old_name).await.unwrap(), None);
    store.assert_effects(1).await;

    assert!(
        matches!(create(&store, unverified("ada")).await, CreatedUser::Created(_)),
        "with the same username"
    );
}

/// Address, username and that other address: each may be another account's.
pub async fn a_never_verified_account_of_another_address_makes_way_too(store: StoreHarness) {
    let ada = store.add(unverified("ada")).await;
    let bob = store.add(unverified("bob")).await;
    let new = NewUser { replaces: Some(email("bob")), username: username("bob"), ..unverified("ada") };
    let CreatedUser::Created(new) = create(&store, new).await else { panic!("it was not replaced") };
    assert_eq!((&new.email, &new.username), (&email("ada"), &username("bob")));
    assert_eq!(store.users.find(ada.id).await.unwrap(), None);
    assert_eq!(store.users.find(bob.id).await.unwrap(), None);
    store.assert_effects(1).await;

    let same = NewUser { replaces: Some(email("ada")), ..unverified("ada") };
    assert!(matches!(create(&store, same).await, CreatedUser::Created(_)), "the same address twice");
    assert_eq!(store.users.list(&given::everybody()).await.unwrap().total, 1);
}

/// Proven or adopted, it is no hindrance as long as the username is another one.
pub async fn any_other_account_of_another_address_stays(store: StoreHarness) {
    let bob = store.add(user("bob")).await;
    let new = |name| NewUser { replaces: Some(email("bob")), username: username(name), ..unverified("ada") };
    assert!(matches!(create(&store, new("ada")).await, CreatedUser::Created(_)));
    assert_eq!(create(&store, new("bob")).await, CreatedUser::Taken);
    assert_eq!(store.users.find(bob.id).await.unwrap(), Some(bob));
    assert_eq!(store.users.list(&given::everybody()).await.unwrap().total, 2);
}

/// Somebody else's address does not get at it.
pub async fn a_running_claim_keeps_its_username(store: StoreHarness) {
    let old = store.add(unverified("ada")).await;
    let moment = at(86_400) - INSTANT;
    let new = NewUser { email: email("bob"), at: moment, ..unverified("ada") };
    assert_eq!(create(&store, new).await, CreatedUser::Taken);
    assert_eq!(store.users.find(old.id).await.unwrap(), Some(old));
    store.assert_effects(0).await;
}

/// Nobody has to wait for the sweep.
pub async fn an_ended_claim_loses_its_username(store: StoreHarness) {
    let old = store.add(unverified("ada")).await;
    let new = NewUser { email: email("bob"), at: at(86_400) + INSTANT, ..unverified("ada") };
    let CreatedUser::Created(new) = create(&store, new).await else { panic!("it was not replaced") };
    assert_ne!(new.id, old.id);
    assert_eq!(store.users.find(old.id).await.unwrap(), None);
}

/// The address of one, the username of another.
pub async fn both_can_be_replaced_at_once(store: StoreHarness) {
    let ada = store.add(unverified("ada")).await;
    let bob = store.add(unverified("bob")).await;
    let new = NewUser { email: email("ada"), at: at(90_000), ..unverified("bob") };
    assert!(matches!(create(&store, new).await, CreatedUser::Created(_)));
    assert_eq!(store.users.find(ada.id).await.unwrap(), None);
    assert_eq!(store.users.find(bob.id).await.unwrap(), None);
}

/// The address would have been free, the username was not.
pub async fn a_refused_creation_brings_back_what_it_replaced(store: StoreHarness) {
    let ada = store.add(unverified("ada")).await;
    let eve = store.add(unverified("eve")).await;
    store.add(user("bob")).await;
    let new = NewUser {
        username: username("bob"),
        password: other_password(),
        replaces: Some(email("eve")),
        ..unverified("ada")
    };
    assert_eq!(create(&store, new).await, CreatedUser::Taken);
    assert_eq!(store.users.find(eve.id).await.unwrap(), Some(eve));
    let found = store.users.find_credentials(&Identifier::Id(ada.id)).await.unwrap().unwrap();
    assert_eq!((found.user, found.password), (ada, password()));
}

/// Unverified, but no longer never-verified: an administrator touched it.
pub async fn an_adopted_account_is_not_replaced(store: StoreHarness) {
    let ada = store.add(unverified("ada")).await;
    let change = UserChange { adopt: true, at: at(1), ..UserChange::default() };
    let changed = store.users.change(ada.id, change, Effects::default()).await.unwrap();
    assert!(matches!(changed, ChangedUser::Changed(_)));
    assert_eq!(create(&store, NewUser { at: at(90_000), ..unverified("ada") }).await, CreatedUser::Taken);
    let other = NewUser { email: email("bob"), at: at(90_000), ..unverified("ada") };
    assert_eq!(create(&store, other).await, CreatedUser::Taken);
}

/// 64 registrations of one address, each replacing the one before: each succeeds, one account is left.
pub async fn of_many_replacements_one_is_left(store: StoreHarness) {
    let users = &store.users;
    let results = race(64, |_| {
        let users = users.clone();
        async move { users.create(unverified("ada"), effects()).await.unwrap() }
    })
    .await;
    assert!(results.iter().all(|result| matches!(result, CreatedUser::Created(_))));
    assert_eq!(store.users.list(&given::everybody()).await.unwrap().total, 1);
    store.assert_effects(64).await;
}

/// To want an address is not to have it.
pub async fn a_pending_address_is_free(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    let change = UserChange { pending_email: Some(Some(email("bob"))), at: at(1), ..UserChange::default() };
    store.users.change(ada.id, change, Effects::default()).await.unwrap();
    assert!(matches!(create(&store, user("bob")).await, CreatedUser::Created(_)));
}

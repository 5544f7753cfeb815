//! Finding accounts.

use crate::StoreHarness;
use crate::given::{at, email, password, unverified, user, username};
use evently_auth_domain::account::{EmailAddress, Identifier, User, UserId};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{ChangedUser, UserChange};

async fn change(store: &StoreHarness, user: &User, change: UserChange) -> User {
    match store.users.change(user.id, change, Effects::default()).await.unwrap() {
        ChangedUser::Changed(user) => user,
        other => panic!("not changed: {other:?}"),
    }
}

async fn want(store: &StoreHarness, user: &User, address: Option<EmailAddress>, seconds: i64) -> User {
    change(store, user, UserChange { pending_email: Some(address), at: at(seconds), ..UserChange::default() })
        .await
}

/// Whatever names it.
pub async fn an_unknown_account_is_not_found(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    for id in [UserId(ada.id.0 + 1), UserId(0), UserId(-1), UserId(i64::MAX)] {
        assert_eq!(store.users.find(id).await.unwrap(), None);
        assert_eq!(store.users.find_credentials(&Identifier::Id(id)).await.unwrap(), None);
    }
    let (address, name) = (Identifier::Email(email("bob")), Identifier::Username(username("bob")));
    assert_eq!(store.users.find_credentials(&address).await.unwrap(), None);
    assert_eq!(store.users.find_credentials(&name).await.unwrap(), None);
    assert_eq!(store.users.find_unproven(&email("bob")).await.unwrap(), None);
}

/// With the hash.
pub async fn credentials_are_found_by_address_username_and_id(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    store.add(user("bob")).await;
    for identifier in
        [Identifier::Email(email("ada")), Identifier::Username(username("ada")), Identifier::Id(ada.id)]
    {
        let found = store.users.find_credentials(&identifier).await.unwrap().unwrap();
        assert_eq!((found.user, found.password), (ada.clone(), password()));
    }
}

/// Nobody signs in with an address that is not proven.
pub async fn a_pending_address_names_nobody(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    want(&store, &ada, Some(email("new")), 1).await;
    assert_eq!(store.users.find_credentials(&Identifier::Email(email("new"))).await.unwrap(), None);
}

/// Also when somebody else wants the address.
pub async fn the_unverified_holder_is_unproven(store: StoreHarness) {
    let ada = store.add(unverified("ada")).await;
    let bob = store.add(user("bob")).await;
    assert_eq!(store.users.find_unproven(&email("ada")).await.unwrap(), Some(ada.clone()));
    want(&store, &bob, Some(email("ada")), 1).await;
    assert_eq!(store.users.find_unproven(&email("ada")).await.unwrap(), Some(ada));
}

/// It is proven; who wants it waits for nothing.
pub async fn a_verified_holder_hides_who_wants_the_address(store: StoreHarness) {
    store.add(user("ada")).await;
    let bob = store.add(user("bob")).await;
    assert_eq!(store.users.find_unproven(&email("ada")).await.unwrap(), None);
    want(&store, &bob, Some(email("ada")), 1).await;
    assert_eq!(store.users.find_unproven(&email("ada")).await.unwrap(), None);
}

/// By when it was asked for: neither by id nor by any later change.
pub async fn the_latest_to_want_an_address_is_unproven(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    let bob = store.add(user("bob")).await;
    let ada = want(&store, &ada, Some(email("new")), 1).await;
    assert_eq!(store.users.find_unproven(&email("new")).await.unwrap(), Some(ada.clone()));
    let bob = want(&store, &bob, Some(email("new")), 2).await;
    assert_eq!(store.users.find_unproven(&email("new")).await.unwrap(), Some(bob.clone()));
    let rename = UserChange { username: Some(username("lovelace")), at: at(3), ..UserChange::default() };
    let ada = change(&store, &ada, rename).await;
    assert_eq!(store.users.find_unproven(&email("new")).await.unwrap(), Some(bob));
    let ada = want(&store, &ada, Some(email("new")), 4).await;
    assert_eq!(store.users.find_unproven(&email("new")).await.unwrap(), Some(ada));
}

/// It gave the wish up, or wants another one.
pub async fn who_wants_an_address_no_more_is_not_unproven(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    let bob = store.add(user("bob")).await;
    let bob = want(&store, &bob, Some(email("new")), 1).await;
    let ada = want(&store, &ada, Some(email("new")), 2).await;
    want(&store, &ada, None, 3).await;
    assert_eq!(store.users.find_unproven(&email("new")).await.unwrap(), Some(bob.clone()));
    let bob = want(&store, &bob, Some(email("newer")), 4).await;
    assert_eq!(store.users.find_unproven(&email("new")).await.unwrap(), None);
    assert_eq!(store.users.find_unproven(&email("newer")).await.unwrap(), Some(bob));
}

//! Changing to an address or username that somebody has.

use super::{change, nothing, try_change};
use crate::given::{at, effects, email, unverified, user, username};
use crate::{StoreHarness, race};
use evently_auth_domain::account::{NewUser, User};
use evently_auth_domain::ports::{ChangedUser, CreatedUser, UserChange};

/// By a verified account, or by one that an administrator touched.
pub async fn a_taken_address_is_refused(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    store.add(user("bob")).await;
    let adopted = store.add(unverified("eve")).await;
    change(&store, &adopted, UserChange { adopt: true, ..nothing() }).await;
    for taken in ["bob", "eve"] {
        let result = try_change(&store, &ada, UserChange { email: Some(email(taken)), ..nothing() }).await;
        assert_eq!(result, ChangedUser::Taken, "{taken}");
    }
    assert_eq!(store.users.find(ada.id).await.unwrap(), Some(ada));
}

/// Nothing of the change happens.
pub async fn a_taken_username_is_refused(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    store.add(user("bob")).await;
    let twin = UserChange { username: Some(username("BOB")), email: Some(email("free")), ..nothing() };
    assert_eq!(try_change(&store, &ada, twin).await, ChangedUser::Taken);
    assert_eq!(store.users.find(ada.id).await.unwrap(), Some(ada));
}

/// One does not stand in one's own way.
pub async fn ones_own_address_and_username_are_not_taken(store: StoreHarness) {
    for new in [user("ada"), unverified("bob")] {
        let account = store.add(new).await;
        let same = UserChange {
            email: Some(account.email.clone()),
            username: Some(account.username.clone()),
            ..nothing()
        };
        let changed = change(&store, &account, same).await;
        assert_eq!(changed, User { updated_at: at(9), ..account });
    }
}

/// That account is gone; when the change is refused, it is not.
pub async fn an_address_is_taken_away_from_a_never_verified_account(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    store.add(user("bob")).await;
    let squatter = store.add(unverified("squatter")).await;
    let refused = UserChange { email: Some(email("squatter")), username: Some(username("bob")), ..nothing() };
    assert_eq!(try_change(&store, &ada, refused).await, ChangedUser::Taken);
    assert_eq!(store.users.find(squatter.id).await.unwrap(), Some(squatter.clone()));

    let changed = change(&store, &ada, UserChange { email: Some(email("squatter")), ..nothing() }).await;
    assert_eq!((changed.id, changed.email), (ada.id, email("squatter")));
    assert_eq!(store.users.find(squatter.id).await.unwrap(), None);
}

/// Only an address makes way for a change.
pub async fn a_username_is_not_taken_away_from_a_never_verified_account(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    store.add(unverified("bob")).await;
    let result = try_change(&store, &ada, UserChange { username: Some(username("bob")), ..nothing() }).await;
    assert_eq!(result, ChangedUser::Taken);
}

/// 64 accounts want it.
pub async fn of_many_changes_to_one_address_one_succeeds(store: StoreHarness) {
    let mut accounts = Vec::new();
    for number in 0..64 {
        accounts.push(store.add(user(&format!("user{number}"))).await.id);
    }
    let users = &store.users;
    let results = race(64, |number| {
        let (users, id) = (users.clone(), accounts[number]);
        let change = UserChange { email: Some(email("new")), ..nothing() };
        async move { users.change(id, change, effects()).await.unwrap() }
    })
    .await;
    assert_eq!(results.iter().filter(|result| matches!(result, ChangedUser::Changed(_))).count(), 1);
    assert_eq!(results.iter().filter(|result| **result == ChangedUser::Taken).count(), 63);
    store.assert_effects(1).await;
}

/// Whichever of them comes first.
pub async fn creations_and_changes_share_no_username(store: StoreHarness) {
    let mut accounts = Vec::new();
    for number in 0..32 {
        accounts.push(store.add(user(&format!("user{number}"))).await.id);
    }
    let users = &store.users;
    let succeeded = race(64, |number| {
        let (users, account) = (users.clone(), accounts.get(number).copied());
        async move {
            match account {
                Some(id) => {
                    let change = UserChange { username: Some(username("wanted")), ..nothing() };
                    matches!(users.change(id, change, effects()).await.unwrap(), ChangedUser::Changed(_))
                }
                None => {
                    let new = NewUser { username: username("wanted"), ..user(&format!("new{number}")) };
                    matches!(users.create(new, effects()).await.unwrap(), CreatedUser::Created(_))
                }
            }
        }
    })
    .await;
    assert_eq!(succeeded.iter().filter(|success| **success).count(), 1);
    store.assert_effects(1).await;
}

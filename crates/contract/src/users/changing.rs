//! Changing accounts.

use super::{change, nothing};
use crate::StoreHarness;
use crate::given::{
    INSTANT, at, effects, email, full_name, other_password, password, unverified, user, username,
};
use evently_auth_domain::account::{Identifier, NewUser, Role, User, UserId};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{ChangedUser, UserChange};

/// All of them at once.
pub async fn each_member_can_be_changed(store: StoreHarness) {
    store.add(user("bystander")).await;
    let ada = store.add(user("ada")).await;
    let all = UserChange {
        email: Some(email("lovelace")),
        username: Some(username("lovelace")),
        full_name: Some(full_name("Ada Lovelace")),
        pending_email: Some(Some(email("countess"))),
        password: Some(other_password()),
        is_active: Some(false),
        is_verified: Some(false),
        role: Some(Role::Admin),
        ..nothing()
    };
    let changed = change(&store, &ada, all).await;
    let expected = User {
        email: email("lovelace"),
        username: username("lovelace"),
        full_name: full_name("Ada Lovelace"),
        pending_email: Some(email("countess")),
        is_active: false,
        is_verified: false,
        role: Role::Admin,
        updated_at: at(9),
        ..ada
    };
    assert_eq!(changed, expected);
    let found = store.users.find_credentials(&Identifier::Email(email("lovelace"))).await.unwrap().unwrap();
    assert_eq!((found.user, found.password), (expected, other_password()));
    assert_eq!(store.users.find_credentials(&Identifier::Email(email("ada"))).await.unwrap(), None);
    let bystander = store.users.find_credentials(&Identifier::Username(username("bystander"))).await.unwrap();
    assert_eq!(bystander.unwrap().user.updated_at, at(0));
}

/// `None` leaves a member as it is.
pub async fn members_that_are_left_out_stay(store: StoreHarness) {
    let ada = store.add(NewUser { full_name: full_name("Ada"), ..unverified("ada") }).await;
    let want = UserChange { pending_email: Some(Some(email("new"))), ..nothing() };
    let ada = change(&store, &ada, want).await;
    let changed = change(&store, &ada, nothing()).await;
    assert_eq!(changed, ada);
    let found = store.users.find_credentials(&Identifier::Id(ada.id)).await.unwrap().unwrap();
    assert_eq!(found.password, password());
}

/// Another name, or none.
pub async fn a_name_can_be_cleared(store: StoreHarness) {
    let ada = store.add(NewUser { full_name: full_name("Ada"), ..user("ada") }).await;
    let changed = change(&store, &ada, UserChange { full_name: Some(None), ..nothing() }).await;
    assert_eq!(changed.full_name, None);
}

/// To the microsecond; when it was created stays.
pub async fn a_change_says_when(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    let moment = at(77) + INSTANT;
    let changed = change(&store, &ada, UserChange { at: moment, ..nothing() }).await;
    assert_eq!((changed.created_at, changed.updated_at), (at(0), moment));
}

async fn wanting(store: &StoreHarness) -> User {
    let ada = store.add(user("ada")).await;
    change(store, &ada, UserChange { pending_email: Some(Some(email("new"))), ..nothing() }).await
}

/// The wish is fulfilled, or overtaken.
pub async fn another_address_clears_the_pending_one(store: StoreHarness) {
    let ada = wanting(&store).await;
    let changed = change(&store, &ada, UserChange { email: Some(email("new")), ..nothing() }).await;
    assert_eq!((changed.email, changed.pending_email), (email("new"), None));
}

/// Unless that is set as well.
pub async fn another_address_may_come_with_a_pending_one(store: StoreHarness) {
    let ada = wanting(&store).await;
    let both =
        UserChange { email: Some(email("new")), pending_email: Some(Some(email("newer"))), ..nothing() };
    let changed = change(&store, &ada, both).await;
    assert_eq!((changed.email, changed.pending_email), (email("new"), Some(email("newer"))));
}

/// It is no longer never-verified, and never will be again.
pub async fn verification_ends_the_claim(store: StoreHarness) {
    let ada = store.add(unverified("ada")).await;
    let changed = change(&store, &ada, UserChange { is_verified: Some(true), ..nothing() }).await;
    assert_eq!((changed.is_verified, changed.claim_expires_at), (true, None));
    let changed = change(&store, &ada, UserChange { is_verified: Some(false), ..nothing() }).await;
    assert_eq!((changed.is_verified, changed.claim_expires_at), (false, None));
}

/// Without being verified.
pub async fn adoption_ends_the_claim(store: StoreHarness) {
    let ada = store.add(unverified("ada")).await;
    let changed = change(&store, &ada, UserChange { adopt: true, ..nothing() }).await;
    assert_eq!((changed.is_verified, changed.claim_expires_at), (false, None));
}

/// Also saying once more that it is not verified.
pub async fn anything_else_leaves_the_claim(store: StoreHarness) {
    let ada = store.add(unverified("ada")).await;
    let other = UserChange { is_verified: Some(false), full_name: Some(full_name("Ada")), ..nothing() };
    assert_eq!(change(&store, &ada, other).await.claim_expires_at, ada.claim_expires_at);
}

/// Never there, or no longer.
pub async fn an_unknown_account_is_missing(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    let unknown = UserId(ada.id.0 + 1);
    assert_eq!(store.users.change(unknown, nothing(), effects()).await.unwrap(), ChangedUser::Missing);
    store.users.delete(ada.id, Effects::default()).await.unwrap();
    assert_eq!(store.users.change(ada.id, nothing(), effects()).await.unwrap(), ChangedUser::Missing);
    store.assert_effects(0).await;
}

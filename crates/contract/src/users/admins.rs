//! There is always a working admin, once there was one.

use crate::given::{self, admin, at, drastic_effects, user};
use crate::{StoreHarness, race};
use evently_auth_domain::account::{NewUser, Role, User};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{ChangedUser, DeletedUser, UserChange};

fn nothing() -> UserChange {
    UserChange { at: at(9), ..UserChange::default() }
}

fn demotion() -> UserChange {
    UserChange { role: Some(Role::User), ..nothing() }
}

fn deactivation() -> UserChange {
    UserChange { is_active: Some(false), ..nothing() }
}

async fn change(store: &StoreHarness, user: &User, change: UserChange) -> ChangedUser {
    store.users.change(user.id, change, Effects::default()).await.unwrap()
}

async fn refuses(store: StoreHarness, what: UserChange) {
    let first = store.add(admin("first")).await;
    let second = store.add(admin("second")).await;
    store.add(user("ada")).await;
    assert!(matches!(change(&store, &first, what.clone()).await, ChangedUser::Changed(_)), "one is left");
    assert_eq!(change(&store, &second, what).await, ChangedUser::LastAdmin);
    assert_eq!(store.users.find(second.id).await.unwrap(), Some(second));
}

/// Another one could.
pub async fn the_last_admin_cannot_be_demoted(store: StoreHarness) {
    refuses(store, demotion()).await;
}

/// Another one could.
pub async fn the_last_admin_cannot_be_deactivated(store: StoreHarness) {
    refuses(store, deactivation()).await;
}

/// An unverified admin cannot sign in.
pub async fn the_last_admin_cannot_lose_verification(store: StoreHarness) {
    refuses(store, UserChange { is_verified: Some(false), ..nothing() }).await;
}

/// With no effects.
pub async fn the_last_admin_cannot_be_deleted(store: StoreHarness) {
    let first = store.add(admin("first")).await;
    let second = store.add(admin("second")).await;
    let delete = async |user: &User, effects| store.users.delete(user.id, effects).await.unwrap();
    assert_eq!(delete(&first, Effects::default()).await, DeletedUser::Deleted);
    assert_eq!(delete(&second, drastic_effects()).await, DeletedUser::LastAdmin);
    assert_eq!(store.users.find(second.id).await.unwrap(), Some(second));
    store.assert_effects(0).await;
}

/// Inactive or unverified ones are no help.
pub async fn an_admin_that_cannot_sign_in_does_not_count(store: StoreHarness) {
    let last = store.add(admin("last")).await;
    let inactive = store.add(admin("inactive")).await;
    change(&store, &inactive, deactivation()).await;
    store.add(NewUser { is_verified: false, ..admin("unverified") }).await;
    assert_eq!(change(&store, &last, demotion()).await, ChangedUser::LastAdmin);
    assert_eq!(store.users.delete(last.id, Effects::default()).await.unwrap(), DeletedUser::LastAdmin);
}

/// Nothing is lost with it.
pub async fn an_admin_that_does_not_count_can_go(store: StoreHarness) {
    let unverified = store.add(NewUser { is_verified: false, ..admin("unverified") }).await;
    assert!(matches!(change(&store, &unverified, deactivation()).await, ChangedUser::Changed(_)));
    assert!(matches!(change(&store, &unverified, demotion()).await, ChangedUser::Changed(_)));
    let other = store.add(NewUser { is_verified: false, ..admin("other") }).await;
    assert_eq!(store.users.delete(other.id, Effects::default()).await.unwrap(), DeletedUser::Deleted);
}

/// What leaves it working is allowed.
pub async fn the_last_admin_can_change_otherwise(store: StoreHarness) {
    let last = store.add(admin("last")).await;
    let harmless = UserChange {
        email: Some(given::email("new")),
        role: Some(Role::Admin),
        is_active: Some(true),
        is_verified: Some(true),
        ..nothing()
    };
    assert!(matches!(change(&store, &last, harmless).await, ChangedUser::Changed(_)));
}

async fn working_admins(store: &StoreHarness) -> usize {
    let page = store.users.list(&given::everybody()).await.unwrap();
    page.users.iter().filter(|user| user.is_working_admin()).count()
}

/// Each of the two takes the other's place to be enough; ten times over.
pub async fn two_demotions_at_once_leave_an_admin(store: StoreHarness) {
    let (first, second) = (store.add(admin("first")).await, store.add(admin("second")).await);
    for _ in 0..10 {
        let users = &store.users;
        let results = race(2, |number| {
            let (users, id) = (users.clone(), [first.id, second.id][number]);
            async move { users.change(id, demotion(), Effects::default()).await.unwrap() }
        })
        .await;
        assert_eq!(results.iter().filter(|result| **result == ChangedUser::LastAdmin).count(), 1);
        assert_eq!(working_admins(&store).await, 1);
        for user in [&first, &second] {
            change(&store, user, UserChange { role: Some(Role::Admin), ..nothing() }).await;
        }
    }
}

/// 64 demotions, deactivations and deletions of 64 admins: one is refused, one is left.
pub async fn many_steps_at_once_leave_an_admin(store: StoreHarness) {
    let mut admins = Vec::new();
    for number in 0..64 {
        admins.push(store.add(admin(&format!("admin{number}"))).await.id);
    }
    let users = &store.users;
    let refused = race(64, |number| {
        let (users, id) = (users.clone(), admins[number]);
        async move {
            let effects = Effects::default();
            match number % 3 {
                0 => users.change(id, demotion(), effects).await.unwrap() == ChangedUser::LastAdmin,
                1 => users.change(id, deactivation(), effects).await.unwrap() == ChangedUser::LastAdmin,
                _ => users.delete(id, effects).await.unwrap() == DeletedUser::LastAdmin,
            }
        }
    })
    .await;
    assert_eq!(refused.iter().filter(|refused| **refused).count(), 1);
    assert_eq!(working_admins(&store).await, 1);
}

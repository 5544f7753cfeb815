//! Removing accounts that nobody verified.

use crate::StoreHarness;
use crate::given::{INSTANT, at, everybody, unverified, user};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::UserChange;

/// Its address and username are free.
pub async fn an_ended_claim_is_swept(store: StoreHarness) {
    let ada = store.add(unverified("ada")).await;
    assert_eq!(store.users.sweep_unverified(at(86_400) + INSTANT, 100).await.unwrap(), 1);
    assert_eq!(store.users.find(ada.id).await.unwrap(), None);
    assert_ne!(store.add(user("ada")).await.id, ada.id);
}

/// Not an instant too early.
pub async fn a_running_claim_is_not_swept(store: StoreHarness) {
    let ada = store.add(unverified("ada")).await;
    assert_eq!(store.users.sweep_unverified(at(86_400) - INSTANT, 100).await.unwrap(), 0);
    assert_eq!(store.users.find(ada.id).await.unwrap(), Some(ada));
}

/// Verified, verified once, or adopted by an administrator.
pub async fn an_account_without_a_claim_is_not_swept(store: StoreHarness) {
    store.add(user("verified")).await;
    let once = store.add(unverified("once")).await;
    let adopted = store.add(unverified("adopted")).await;
    let change =
        |verified, adopt| UserChange { is_verified: verified, adopt, at: at(1), ..UserChange::default() };
    for (id, change) in [
        (once.id, change(Some(true), false)),
        (once.id, change(Some(false), false)),
        (adopted.id, change(None, true)),
    ] {
        store.users.change(id, change, Effects::default()).await.unwrap();
    }
    assert_eq!(store.users.sweep_unverified(at(1_000_000), 100).await.unwrap(), 0);
    assert_eq!(store.users.list(&everybody()).await.unwrap().total, 3);
}

/// What is left comes with the next one.
pub async fn a_sweep_has_a_limit(store: StoreHarness) {
    for number in 0..5 {
        store.add(unverified(&format!("user{number}"))).await;
    }
    store.add(user("ada")).await;
    for expected in [2, 2, 1, 0] {
        assert_eq!(store.users.sweep_unverified(at(90_000), 2).await.unwrap(), expected);
    }
    assert_eq!(store.users.list(&everybody()).await.unwrap().total, 1);
}

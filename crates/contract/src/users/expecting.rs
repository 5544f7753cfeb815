//! Changes that depend on what the account still is, and what travels with them.

use crate::given::{
    at, drastic_effects, effects, email, other_password, password, session, sid, user, username,
};
use crate::{StoreHarness, race};
use evently_auth_domain::account::{NewUser, User};
use evently_auth_domain::effects::{Effects, EndSessions};
use evently_auth_domain::password::PasswordHash;
use evently_auth_domain::ports::{ChangedUser, Expected, UserChange};

fn rename(expected: Expected) -> UserChange {
    UserChange { username: Some(username("renamed")), expected, at: at(9), ..UserChange::default() }
}

/// An account that wants an address, so that each member can be expected.
async fn wanting(store: &StoreHarness) -> User {
    let ada = store.add(user("ada")).await;
    let want = UserChange { pending_email: Some(Some(email("new"))), at: at(1), ..UserChange::default() };
    match store.users.change(ada.id, want, Effects::default()).await.unwrap() {
        ChangedUser::Changed(ada) => ada,
        other => panic!("not changed: {other:?}"),
    }
}

/// Address, pending address, password, verified, active: each alone.
pub async fn each_expectation_holds_or_makes_the_change_stale(store: StoreHarness) {
    let ada = wanting(&store).await;
    let none = Expected::default;
    let wrong = [
        Expected { email: Some(email("other")), ..none() },
        Expected { pending_email: Some(email("other")), ..none() },
        Expected { password: Some(other_password()), ..none() },
        Expected { is_verified: Some(false), ..none() },
        Expected { is_active: Some(false), ..none() },
        Expected { email: Some(email("ada")), is_active: Some(false), ..none() },
    ];
    for expected in wrong {
        let result = store.users.change(ada.id, rename(expected.clone()), drastic_effects()).await.unwrap();
        assert_eq!(result, ChangedUser::Stale, "{expected:?}");
    }
    assert_eq!(store.users.find(ada.id).await.unwrap(), Some(ada.clone()));
    store.assert_effects(0).await;
    let right = [
        Expected { email: Some(email("ada")), ..none() },
        Expected { pending_email: Some(email("new")), ..none() },
        Expected { password: Some(password()), ..none() },
        Expected { is_verified: Some(true), ..none() },
        Expected { is_active: Some(true), ..none() },
    ];
    for expected in right {
        let result = store.users.change(ada.id, rename(expected.clone()), Effects::default()).await.unwrap();
        assert!(matches!(result, ChangedUser::Changed(_)), "{expected:?}");
    }
    let bob = store.add(user("bob")).await;
    let expected = Expected { pending_email: Some(email("new")), ..none() };
    let change = UserChange { expected, at: at(9), ..UserChange::default() };
    let result = store.users.change(bob.id, change, Effects::default()).await.unwrap();
    assert_eq!(result, ChangedUser::Stale, "an address that it does not want");
}

/// 64 of them set another password in place of the same one.
pub async fn of_many_changes_that_expect_the_same_one_succeeds(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    let users = &store.users;
    let results = race(64, |number| {
        let users = users.clone();
        let change = UserChange {
            password: Some(PasswordHash::new(format!("$hash${number}"))),
            expected: Expected { password: Some(password()), ..Expected::default() },
            at: at(9),
            ..UserChange::default()
        };
        async move { users.change(ada.id, change, effects()).await.unwrap() }
    })
    .await;
    assert_eq!(results.iter().filter(|result| matches!(result, ChangedUser::Changed(_))).count(), 1);
    assert_eq!(results.iter().filter(|result| **result == ChangedUser::Stale).count(), 63);
    store.assert_effects(1).await;
}

async fn live(store: &StoreHarness, number: usize) -> bool {
    store.sessions.find(&sid(number)).await.unwrap().unwrap().session.is_active
}

/// Mail, event, and the end of the account's sessions; nobody else's end.
pub async fn effects_happen_with_the_change(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    let bob = store.add(user("bob")).await;
    for (owner, number) in [(&ada, 1), (&ada, 2), (&bob, 3)] {
        store.open(session(owner, number)).await;
    }
    store.users.change(ada.id, rename(Expected::default()), drastic_effects()).await.unwrap();
    store.assert_effects(1).await;
    assert_eq!((live(&store, 1).await, live(&store, 2).await, live(&store, 3).await), (false, false, true));
}

/// The one that the change came from.
pub async fn all_sessions_but_one_can_end_with_a_change(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    let bob = store.add(user("bob")).await;
    for (owner, number) in [(&ada, 1), (&ada, 2), (&ada, 3), (&bob, 4)] {
        store.open(session(owner, number)).await;
    }
    let effects = effects().ending(EndSessions::AllBut(sid(2)));
    store.users.change(ada.id, rename(Expected::default()), effects).await.unwrap();
    for (number, expected) in [(1, false), (2, true), (3, false), (4, true)] {
        assert_eq!(live(&store, number).await, expected, "session {number}");
    }
}

/// Stale, taken or the last admin: no mail, no event, no session ends.
pub async fn a_refused_change_has_no_effects(store: StoreHarness) {
    let root = store.add(NewUser { username: username("root"), ..crate::given::admin("ada") }).await;
    store.add(user("bob")).await;
    store.open(session(&root, 1)).await;
    let base = || UserChange { at: at(9), ..UserChange::default() };
    let refused = [
        (
            UserChange { expected: Expected { is_active: Some(false), ..Expected::default() }, ..base() },
            ChangedUser::Stale,
        ),
        (UserChange { username: Some(username("bob")), ..base() }, ChangedUser::Taken),
        (UserChange { email: Some(email("bob")), ..base() }, ChangedUser::Taken),
        (UserChange { is_active: Some(false), ..base() }, ChangedUser::LastAdmin),
    ];
    for (change, expected) in refused {
        let result = store.users.change(root.id, change, drastic_effects()).await.unwrap();
        assert_eq!(result, expected);
        store.assert_effects(0).await;
        assert!(live(&store, 1).await);
        assert_eq!(store.users.find(root.id).await.unwrap().unwrap().updated_at, at(0));
    }
}

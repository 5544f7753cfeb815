//! Login: who gets in, who is told what, and how often one may try.

use crate::world::{PASSWORD, email, from, username, world, world_with};
use async_trait::async_trait;
use chrono::TimeDelta;
use evently_auth_domain::account::Identifier;
use evently_auth_domain::client::Network;
use evently_auth_domain::error::StoreErrorKind::Unavailable;
use evently_auth_domain::password::{Password, PasswordHash};
use evently_auth_domain::ports::{HashError, PasswordHasher, PasswordVerdict, Users};
use evently_auth_domain::usecases::{LogIn, LogInError, RegisterError};
use evently_auth_domain::{Auth, Ports};
use evently_auth_memory::PlainHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[tokio::test]
async fn one_answer_for_unknown_wrong_and_inactive() {
    let world = world();
    let admin = world.admin("root").await;
    let user = world.verified("grace").await;
    let attempt = async |name, text| world.try_log_in(name, text, &world.client).await.unwrap_err();
    assert!(matches!(attempt("nobody", PASSWORD).await, LogInError::InvalidCredentials));
    assert!(matches!(attempt("grace", "wrong").await, LogInError::InvalidCredentials));
    world.auth.deactivate_user(user.id, &admin, &world.client).await.unwrap();
    assert!(matches!(attempt("grace", PASSWORD).await, LogInError::InvalidCredentials));
}

#[tokio::test]
async fn unverified_is_told_to_whoever_knows_the_password() {
    let world = world();
    world.register("grace").await;
    let attempt = async |text| world.try_log_in("grace", text, &world.client).await.unwrap_err();
    assert!(matches!(attempt("wrong").await, LogInError::InvalidCredentials));
    assert!(matches!(attempt(PASSWORD).await, LogInError::Unverified));
}

#[tokio::test]
async fn five_failures_close_the_door_for_that_network() {
    let world = world();
    world.verified("grace").await;
    let by_name = |text| LogIn {
        identifier: Identifier::Username(username("grace")),
        password: crate::world::password(text),
        devices: vec![],
    };
    for _ in 0..5 {
        world.try_log_in("grace", "wrong", &world.client).await.unwrap_err();
        world.wait(TimeDelta::seconds(1));
    }
    let refused = world.try_log_in("grace", PASSWORD, &world.client).await;
    let Err(LogInError::RateLimited(limited)) = refused else { panic!("{refused:?}") };
    assert_eq!((limited.0.limit, limited.0.reset), (5, TimeDelta::minutes(15) - TimeDelta::seconds(5)));
    // The username has as many of its own, and no more.
    for _ in 0..5 {
        let failed = world.auth.log_in(by_name("wrong"), &world.client).await;
        assert!(matches!(failed, Err(LogInError::InvalidCredentials)), "{failed:?}");
    }
    assert!(matches!(
        world.auth.log_in(by_name(PASSWORD), &world.client).await,
        Err(LogInError::RateLimited(_))
    ));
    world.try_log_in("grace", PASSWORD, &from("198.51.100.1")).await.unwrap();
    world.wait(limited.0.reset);
    world.log_in("grace").await;
}

#[tokio::test]
async fn a_success_clears_the_failures() {
    let world = world();
    world.verified("grace").await;
    for _ in 0..3 {
        for _ in 0..4 {
            world.try_log_in("grace", "wrong", &world.client).await.unwrap_err();
        }
        world.log_in("grace").await;
    }
}

#[tokio::test]
async fn attempts_are_limited_by_network_over_all_accounts() {
    let world = world_with(|settings| settings.limits.login_address.max = 10);
    for number in 0..10 {
        let failed = world.try_log_in(&format!("nobody{number}"), "wrong", &world.client).await;
        assert!(matches!(failed, Err(LogInError::InvalidCredentials)));
    }
    let refused = world.try_log_in("another", "wrong", &world.client).await;
    assert!(matches!(refused, Err(LogInError::RateLimited(_))), "{refused:?}");
}

#[tokio::test]
async fn an_overloaded_hasher_is_no_failure_of_the_caller() {
    let world = world_with(|settings| settings.limits.login_address.max = 3);
    world.verified("grace").await;
    world.memory.password_hasher().set_overloaded(true);
    for _ in 0..20 {
        let refused = world.try_log_in("grace", "wrong", &world.client).await;
        assert!(matches!(refused, Err(LogInError::Hash(HashError::Overloaded { .. }))), "{refused:?}");
    }
    world.memory.password_hasher().set_overloaded(false);
    world.log_in("grace").await;
}

#[tokio::test]
async fn who_is_turned_away_for_want_of_room_costs_no_store_anything() {
    let world = world();
    world.verified("grace").await;
    world.memory.password_hasher().set_crowded_by(world.client.network());
    world.memory.store().fail_next(Unavailable);
    let client = from(&world.client.address.to_string());
    for name in ["grace", "nobody"] {
        let refused = world.try_log_in(name, PASSWORD, &client).await;
        assert!(matches!(refused, Err(LogInError::Hash(HashError::Overloaded { .. }))), "{refused:?}");
        let refused = world.try_register(name, name).await;
        assert!(matches!(refused, Err(RegisterError::Hash(HashError::Overloaded { .. }))), "{refused:?}");
    }
    assert_eq!(client.limit(), None, "no limit was asked");
    let failed = world.try_log_in("grace", PASSWORD, &from("192.0.2.9")).await;
    assert!(matches!(failed, Err(LogInError::Store(_))), "the first that asks the store: {failed:?}");
    world.try_log_in("grace", PASSWORD, &from("192.0.2.9")).await.unwrap();
}

#[tokio::test]
async fn an_outdated_hash_is_made_anew() {
    let world = world();
    world.verified("grace").await;
    let by_address = Identifier::Email(email("grace"));
    let hash = async || world.memory.store().find_credentials(&by_address).await.unwrap().unwrap().password;
    let before = hash().await;
    world.log_in("grace").await;
    assert_eq!(hash().await, before);
    world.memory.password_hasher().outdate();
    world.log_in("grace").await;
    let renewed = hash().await;
    assert_ne!(renewed, before);
    world.log_in("grace").await;
    assert_eq!(hash().await, renewed);
}

#[tokio::test]
async fn unknown_accounts_cost_as_many_hashes_as_known_ones() {
    let world = world();
    world.verified("grace").await;
    for name in ["grace", "nobody"] {
        let before = world.memory.password_hasher().work();
        world.try_log_in(name, "wrong", &world.client).await.unwrap_err();
        assert_eq!(world.memory.password_hasher().work() - before, 1, "{name}");
    }
}

/// A hasher in whose first hash another login of the same account makes the stored hash anew.
struct Overtaken {
    hasher: PlainHasher,
    other: Auth,
    overtaken: AtomicBool,
}

#[async_trait]
impl PasswordHasher for Overtaken {
    async fn hash(&self, password: &Password, network: Option<Network>) -> Result<PasswordHash, HashError> {
        if !self.overtaken.swap(true, Ordering::Relaxed) {
            let login = LogIn {
                identifier: Identifier::Email(email("grace")),
                password: crate::world::password(PASSWORD),
                devices: vec![],
            };
            self.other.log_in(login, &from("192.0.2.9")).await.unwrap();
        }
        self.hasher.hash(password, network).await
    }

    async fn verify(
        &self,
        password: &Password,
        hash: Option<&PasswordHash>,
        network: Option<Network>,
    ) -> Result<PasswordVerdict, HashError> {
        self.hasher.verify(password, hash, network).await
    }

    fn has_room(&self, network: Option<Network>) -> Result<(), HashError> {
        self.hasher.has_room(network)
    }
}

#[tokio::test]
async fn a_login_that_was_overtaken_by_another_succeeds_as_well() {
    let world = world();
    world.verified("grace").await;
    world.memory.password_hasher().outdate();
    let hasher = Overtaken {
        hasher: world.memory.password_hasher().clone(),
        other: world.auth.clone(),
        overtaken: AtomicBool::new(false),
    };
    let ports = Ports { password_hasher: Arc::new(hasher), ..world.memory.ports() };
    let auth = Auth::new(ports, world.auth.settings().clone(), world.memory.keys().clone());
    let login = LogIn {
        identifier: Identifier::Email(email("grace")),
        password: crate::world::password(PASSWORD),
        devices: vec![],
    };
    auth.log_in(login, &world.client).await.unwrap();
}

#[tokio::test]
async fn a_username_that_nobody_has_shares_no_budget_with_an_id() {
    let world = world();
    let mut user = world.register("first").await;
    while user.id.0 < 99 {
        user = world.register(&format!("number-{}", user.id)).await;
    }
    let user = world.verified("grace").await;
    for _ in 0..5 {
        let login = LogIn {
            identifier: Identifier::Username(username(&user.id.to_string())),
            password: crate::world::password("wrong"),
            devices: vec![],
        };
        world.auth.log_in(login, &world.client).await.unwrap_err();
    }
    world.log_in("grace").await;
}

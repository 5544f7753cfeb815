//! Registration, and how long an account that nobody verifies keeps its place.

use crate::world::{PASSWORD, code, email, from, new_password, password, username, world, world_with};
use chrono::TimeDelta;
use evently_auth_domain::account::Identifier;
use evently_auth_domain::usecases::{LogIn, Register, RegisterError, VerifyEmailError};

#[tokio::test]
async fn a_new_account_waits_for_its_proof() {
    let world = world();
    let user = world.register("grace").await;
    assert!(!user.is_verified && user.is_active);
    assert_eq!(user.claim_expires_at, Some(user.created_at + TimeDelta::hours(24)));
    assert_eq!(world.mails_to("grace").await, ["verification_code"]);
    world.try_verify("grace", world.code_for("grace").await).await.unwrap();
    let principal = world.principal(&world.log_in("grace").await).await.unwrap();
    assert!(principal.user.is_verified);
    assert_eq!(principal.user.claim_expires_at, None);
    assert_eq!(principal.user.last_login, Some(principal.session.created_at));
    assert_eq!(world.mails_to("grace").await, ["verification_code", "welcome"]);
}

#[tokio::test]
async fn address_and_username_are_unique_without_case() {
    let world = world();
    world.verified("grace").await;
    for (address, name) in [("GRACE", "other"), ("other", "GRACE")] {
        let taken = world.try_register(address, name).await;
        assert!(matches!(taken, Err(RegisterError::Taken)), "{taken:?}");
    }
    assert_eq!(world.mails_to("other").await, Vec::<&str>::new());
}

#[tokio::test]
async fn a_pending_account_is_replaced_with_its_code() {
    let world = world();
    let first = world.register("grace").await;
    let old_code = world.code_for("grace").await;
    let again = Register {
        email: email("grace"),
        username: username("hopper"),
        full_name: None,
        password: new_password("a moth in relay seventy"),
    };
    let second = world.auth.register(again, &world.client).await.unwrap();
    assert_ne!(first.id, second.id);
    let refused = world.try_verify("grace", old_code).await;
    assert!(matches!(refused, Err(VerifyEmailError::InvalidCode { remaining: 2 })), "{refused:?}");
    world.try_verify("grace", world.code_for("grace").await).await.unwrap();
    assert!(world.try_log_in("grace", PASSWORD, &world.client).await.is_err());
    world.try_log_in("grace", "a moth in relay seventy", &world.client).await.unwrap();
    // The username of the replaced account is free.
    world.try_register("other", "grace").await.unwrap();
}

#[tokio::test]
async fn a_pending_account_keeps_its_username_for_a_day() {
    let world = world();
    world.register("grace").await;
    world.wait(TimeDelta::hours(24) - TimeDelta::seconds(1));
    assert!(matches!(world.try_register("other", "grace").await, Err(RegisterError::Taken)));
    world.wait(TimeDelta::seconds(1));
    world.try_register("other", "grace").await.unwrap();
}

#[tokio::test]
async fn the_sweep_removes_what_nobody_verified() {
    let world = world();
    world.register("late").await;
    world.verified("grace").await;
    world.wait(TimeDelta::hours(25));
    let fresh = world.register("fresh").await;
    assert_eq!(world.auth.sweep().await.unwrap().accounts, 1);
    assert_eq!(world.auth.sweep().await.unwrap().accounts, 0);
    world.log_in("grace").await;
    world.try_verify("fresh", world.code_for("fresh").await).await.unwrap();
    assert_eq!(world.principal(&world.log_in("fresh").await).await.unwrap().user.id, fresh.id);
}

#[tokio::test]
async fn registrations_are_limited_by_network() {
    let world = world_with(|settings| settings.limits.register.max = 3);
    for name in ["one", "two", "three"] {
        world.register(name).await;
    }
    let refused = world.try_register("four", "four").await;
    let Err(RegisterError::RateLimited(limited)) = refused else { panic!("{refused:?}") };
    assert_eq!((limited.0.limit, limited.0.remaining), (3, 0));
    assert_eq!(limited.0.reset, TimeDelta::minutes(15));
    assert_eq!(world.client.limit(), Some(limited.0));
    let new = |name: &str| Register {
        email: email(name),
        username: username(name),
        full_name: None,
        password: new_password(PASSWORD),
    };
    world.auth.register(new("elsewhere"), &from("198.51.100.1")).await.unwrap();
    world.wait(limited.0.reset);
    world.register("four").await;
}

#[tokio::test]
async fn a_username_signs_in_as_well_as_an_address() {
    let world = world();
    world.verified("grace").await;
    let login = LogIn {
        identifier: Identifier::Username(username("Grace")),
        password: password(PASSWORD),
        devices: vec![],
    };
    world.auth.log_in(login, &world.client).await.unwrap();
}

#[tokio::test]
async fn a_code_for_nobody_proves_nothing() {
    let world = world();
    for remaining in [2, 1, 0, 0] {
        let refused = world.try_verify("nobody", code("000000")).await;
        let Err(VerifyEmailError::InvalidCode { remaining: told }) = refused else { panic!("{refused:?}") };
        assert_eq!(told, remaining);
    }
}

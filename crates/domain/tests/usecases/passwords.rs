//! Changing a password, and setting one with a code.

use crate::world::{PASSWORD, code, email, new_password, password, world};
use chrono::TimeDelta;
use evently_auth_domain::ports::HashError;
use evently_auth_domain::usecases::{ChangePassword, ChangePasswordError, ResetPassword, ResetPasswordError};

const NEW: &str = "a moth in relay seventy";

#[tokio::test]
async fn a_change_ends_every_other_session_and_is_told() {
    let world = world();
    let (first, _) = world.signed_in("grace").await;
    let second = world.log_in("grace").await;
    let principal = world.principal(&second).await.unwrap();
    let change = ChangePassword { current: password(PASSWORD), new: new_password(NEW) };
    world.auth.change_password(change, &principal, &world.client).await.unwrap();
    assert!(!world.is_live(&first).await && world.is_live(&second).await);
    assert!(world.try_log_in("grace", PASSWORD, &world.client).await.is_err());
    world.try_log_in("grace", NEW, &world.client).await.unwrap();
    assert_eq!(world.mails_to("grace").await.last(), Some(&"password_changed"));
}

#[tokio::test]
async fn the_current_password_is_asked_five_times() {
    let world = world();
    let (tokens, principal) = world.signed_in("grace").await;
    let change = |current| ChangePassword { current: password(current), new: new_password(NEW) };
    for _ in 0..5 {
        let refused = world.auth.change_password(change("wrong"), &principal, &world.client).await;
        assert!(matches!(refused, Err(ChangePasswordError::WrongPassword)), "{refused:?}");
    }
    let refused = world.auth.change_password(change(PASSWORD), &principal, &world.client).await;
    assert!(matches!(refused, Err(ChangePasswordError::RateLimited(_))), "{refused:?}");
    assert!(world.is_live(&tokens).await);
    world.wait(TimeDelta::minutes(15));
    world.auth.change_password(change(PASSWORD), &principal, &world.client).await.unwrap();
}

#[tokio::test]
async fn a_reset_ends_all_sessions_and_proves_the_address() {
    let world = world();
    world.register("grace").await;
    world.wait(TimeDelta::seconds(1));
    world.auth.forgot_password(&email("grace"), &world.client).await.unwrap();
    let reset = |code| ResetPassword { email: email("grace"), code, new_password: new_password(NEW) };
    let right = world.code_for("grace").await;
    world.auth.reset_password(reset(right.clone()), &world.client).await.unwrap();
    let tokens = world.try_log_in("grace", NEW, &world.client).await.unwrap();
    let again = world.auth.reset_password(reset(right), &world.client).await;
    assert!(matches!(again, Err(ResetPasswordError::InvalidCode { remaining: 2 })), "{again:?}");

    world.wait(TimeDelta::seconds(1));
    world.auth.forgot_password(&email("grace"), &world.client).await.unwrap();
    world.auth.reset_password(reset(world.code_for("grace").await), &world.client).await.unwrap();
    assert!(!world.is_live(&tokens).await);
    assert_eq!(world.mails_to("grace").await.last(), Some(&"password_reset"));
}

#[tokio::test]
async fn forgot_looks_the_same_for_every_address() {
    let world = world();
    let admin = world.admin("root").await;
    let banned = world.verified("banned").await;
    world.auth.deactivate_user(banned.id, &admin, &world.client).await.unwrap();
    for name in ["unknown", "banned"] {
        world.auth.forgot_password(&email(name), &world.client).await.unwrap();
        let attempt =
            ResetPassword { email: email(name), code: code("000000"), new_password: new_password(NEW) };
        let refused = world.auth.reset_password(attempt, &world.client).await;
        assert!(matches!(refused, Err(ResetPasswordError::InvalidCode { remaining: 2 })), "{refused:?}");
        assert!(!world.mails_to(name).await.contains(&"password_reset_code"), "{name}");
    }
}

#[tokio::test]
async fn what_stops_a_reset_leaves_the_code_working() {
    let world = world();
    world.verified("gracehopper").await;
    world.wait(TimeDelta::seconds(1));
    world.auth.forgot_password(&email("gracehopper"), &world.client).await.unwrap();
    let right = world.code_for("gracehopper").await;
    let reset = async |text| {
        let command = ResetPassword {
            email: email("gracehopper"),
            code: right.clone(),
            new_password: new_password(text),
        };
        world.auth.reset_password(command, &world.client).await
    };
    let weak = reset("my-GraceHopper-77").await;
    assert!(
        matches!(&weak, Err(ResetPasswordError::WeakPassword(fault)) if fault.code == "contains_identity")
    );
    world.memory.password_hasher().set_overloaded(true);
    let refused = reset(NEW).await;
    let overloaded = matches!(refused, Err(ResetPasswordError::Hash(HashError::Overloaded { .. })));
    assert!(overloaded, "{refused:?}");
    world.memory.password_hasher().set_overloaded(false);
    reset(NEW).await.unwrap();
}

#[tokio::test]
async fn a_password_has_no_age() {
    let world = world();
    world.verified("grace").await;
    world.wait(TimeDelta::days(20 * 365));
    world.try_log_in("grace", PASSWORD, &world.client).await.unwrap();
}

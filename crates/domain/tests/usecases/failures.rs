//! A store that is away is a failure of ours: nothing is half done, nothing is the caller's fault, nothing is lost.

use crate::world::{PASSWORD, World, email, new_password, world};
use chrono::TimeDelta;
use evently_auth_domain::error::StoreErrorKind::Unavailable;
use evently_auth_domain::usecases::{
    AuthenticateError, LogInError, RefreshError, RegisterError, ResetPassword, ResetPasswordError,
    VerifyEmailError,
};

#[tokio::test]
async fn a_failure_is_never_an_answer_about_the_caller() {
    let world = world();
    let (tokens, _) = world.signed_in("grace").await;
    let store = &world.memory.store();
    store.fail_next(Unavailable);
    let failed = world.try_register("other", "other").await;
    assert!(matches!(failed, Err(RegisterError::Store(_))), "{failed:?}");
    for calls in 0..2 {
        store.fail_after(calls, Unavailable);
        let failed = world.try_log_in("grace", PASSWORD, &world.client).await;
        assert!(matches!(failed, Err(LogInError::Store(_))), "{failed:?}");
        store.fail_after(calls, Unavailable);
        let failed = world.auth.refresh(tokens.refresh.expose(), &world.client).await;
        assert!(matches!(failed, Err(RefreshError::Store(_))), "{failed:?}");
    }
    store.fail_next(Unavailable);
    let failed = world.auth.authenticate(tokens.access.expose(), &world.client).await;
    assert!(matches!(failed, Err(AuthenticateError::Store(_))));
    assert!(world.is_live(&tokens).await);
    world.auth.refresh(tokens.refresh.expose(), &world.client).await.unwrap();
}

#[tokio::test]
async fn failures_of_ours_do_not_count_as_failed_logins() {
    let world = world();
    world.verified("grace").await;
    for _ in 0..10 {
        world.memory.store().fail_after(1, Unavailable);
        world.try_log_in("grace", PASSWORD, &world.client).await.unwrap_err();
    }
    world.log_in("grace").await;
}

#[tokio::test]
async fn a_code_survives_a_failure_after_its_check() {
    let world = world();
    world.register("grace").await;
    let code = world.code_for("grace").await;
    for calls in 0..2 {
        world.memory.store().fail_after(calls, Unavailable);
        let failed = world.try_verify("grace", code.clone()).await;
        assert!(matches!(failed, Err(VerifyEmailError::Store(_))), "{failed:?}");
    }
    world.try_verify("grace", code).await.unwrap();

    world.wait(TimeDelta::seconds(1));
    world.auth.forgot_password(&email("grace"), &world.client).await.unwrap();
    let code = world.code_for("grace").await;
    let new_password = new_password("a moth in relay seventy");
    let reset = ResetPassword { email: email("grace"), code, new_password };
    for calls in 0..2 {
        world.memory.store().fail_after(calls, Unavailable);
        let failed = world.auth.reset_password(reset.clone(), &world.client).await;
        assert!(matches!(failed, Err(ResetPasswordError::Store(_))), "{failed:?}");
    }
    world.auth.reset_password(reset, &world.client).await.unwrap();
}

#[tokio::test]
async fn a_registration_that_failed_leaves_no_account_and_no_mail() {
    let world: World = world();
    world.memory.store().fail_next(Unavailable);
    world.try_register("grace", "grace").await.unwrap_err();
    assert_eq!(world.mails_to("grace").await, Vec::<&str>::new());
    world.register("grace").await;
    assert_eq!(world.mails_to("grace").await, ["verification_code"]);
}

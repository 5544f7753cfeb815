//! A store that is away is a failure of ours: nothing is half done, nothing is the caller's fault, nothing is lost.

use crate::world::{PASSWORD, World, email, new_password, password, world, world_with};
use chrono::TimeDelta;
use evently_auth_domain::error::StoreErrorKind::Unavailable;
use evently_auth_domain::usecases::{
    AuthenticateError, ChangePassword, ChangePasswordError, LogInError, RefreshError, RegisterError,
    ResendCodeError, ResetPassword, ResetPasswordError, UpdateProfile, UpdateProfileError, VerifyEmailError,
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
    }
    store.fail_next(Unavailable);
    let failed = world.auth.refresh(tokens.refresh.expose(), &world.client).await;
    assert!(matches!(failed, Err(RefreshError::Store(_))), "{failed:?}");
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
    // The one call that there is: what it needs was kept with the code.
    world.memory.store().fail_next(Unavailable);
    let failed = world.try_verify("grace", code.clone()).await;
    assert!(matches!(failed, Err(VerifyEmailError::Store(_))), "{failed:?}");
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

#[tokio::test]
async fn failures_of_ours_use_up_no_limit() {
    let world = world_with(|settings| {
        let limits = &mut settings.limits;
        for limit in [&mut limits.register, &mut limits.verify, &mut limits.resend, &mut limits.password] {
            limit.max = 3;
        }
    });
    let (_, principal) = world.signed_in("grace").await;
    let change =
        || ChangePassword { current: password(PASSWORD), new: new_password("a moth in relay seventy") };
    let to = || UpdateProfile {
        email: Some(email("hopper")),
        current_password: Some(password(PASSWORD)),
        ..UpdateProfile::default()
    };
    world.memory.password_hasher().set_overloaded(true);
    for _ in 0..5 {
        assert!(matches!(world.try_register("other", "other").await, Err(RegisterError::Hash(_))));
        let failed = world.auth.change_password(change(), &principal, &world.client).await;
        assert!(matches!(failed, Err(ChangePasswordError::Hash(_))), "{failed:?}");
        let failed = world.auth.update_profile(to(), &principal, &world.client).await;
        assert!(matches!(failed, Err(UpdateProfileError::Hash(_))), "{failed:?}");
        world.memory.store().fail_next(Unavailable);
        let failed = world.auth.resend_code(&email("other"), &world.client).await;
        assert!(matches!(failed, Err(ResendCodeError::Store(_))), "{failed:?}");
    }
    world.memory.password_hasher().set_overloaded(false);
    world.try_register("other", "other").await.unwrap();
    world.auth.update_profile(to(), &principal, &world.client).await.unwrap();
    world.auth.change_password(change(), &principal, &world.client).await.unwrap();
    world.auth.resend_code(&email("other"), &world.client).await.unwrap();
}

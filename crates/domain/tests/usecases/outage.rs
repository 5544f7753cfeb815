//! Redis away, PostgreSQL there: what needs codes fails before anything is written, the rest is served, and no route
//! is ever without a limit.

use crate::world::{PASSWORD, World, email, from, new_password, password, username, world, world_with};
use chrono::TimeDelta;
use evently_auth_domain::code::OneTimeCode;
use evently_auth_domain::ports::Users;
use evently_auth_domain::usecases::{
    ChangePassword, ChangePasswordError, ForgotPasswordError, LogInError, RegisterError, ResendCodeError,
    ResetPassword, ResetPasswordError, UpdateProfile, UpdateProfileError, VerifyEmailError,
};

const NEW_PASSWORD: &str = "a moth in relay seventy";

/// With limits so narrow that an attempt which stayed counted would be seen.
fn narrow() -> World {
    world_with(|settings| {
        let limits = &mut settings.limits;
        for limit in
            [&mut limits.register, &mut limits.verify, &mut limits.resend, &mut limits.resend_address]
        {
            limit.max = 2;
        }
    })
}

fn reset(name: &str, code: OneTimeCode) -> ResetPassword {
    ResetPassword { email: email(name), code, new_password: new_password(NEW_PASSWORD) }
}

fn move_to(name: &str) -> UpdateProfile {
    UpdateProfile {
        email: Some(email(name)),
        current_password: Some(password(PASSWORD)),
        ..UpdateProfile::default()
    }
}

/// The mails that went out since this was last asked.
async fn mails(world: &World) -> usize {
    world.auth.deliver_mails(100).await.unwrap();
    world.memory.inbox().take().len()
}

#[tokio::test]
async fn what_needs_codes_fails_at_once_and_counts_nothing() {
    let world = narrow();
    world.register("grace").await;
    let code = world.code_for("grace").await;
    mails(&world).await;
    world.memory.outage().begin();
    for _ in 0..5 {
        let failed = world.try_register("other", "other").await;
        assert!(matches!(failed, Err(RegisterError::Store(_))), "{failed:?}");
        let failed = world.try_verify("grace", code.clone()).await;
        assert!(matches!(failed, Err(VerifyEmailError::Store(_))), "{failed:?}");
        let failed = world.auth.resend_code(&email("grace"), &world.client).await;
        assert!(matches!(failed, Err(ResendCodeError::Store(_))), "{failed:?}");
        let failed = world.auth.forgot_password(&email("grace"), &world.client).await;
        assert!(matches!(failed, Err(ForgotPasswordError::Store(_))), "{failed:?}");
        let failed = world.auth.reset_password(reset("grace", code.clone()), &world.client).await;
        assert!(matches!(failed, Err(ResetPasswordError::Store(_))), "{failed:?}");
    }
    assert!(world.memory.store().find_unproven(&email("other")).await.unwrap().is_none());
    assert_eq!(mails(&world).await, 0);

    world.memory.outage().end();
    world.try_verify("grace", code).await.unwrap();
    world.register("other").await;
    world.wait(TimeDelta::seconds(1));
    world.auth.forgot_password(&email("grace"), &world.client).await.unwrap();
    let code = world.code_for("grace").await;
    world.auth.reset_password(reset("grace", code), &world.client).await.unwrap();
    world.auth.resend_code(&email("other"), &world.client).await.unwrap();
}

#[tokio::test]
async fn no_mail_has_a_code_that_could_not_be_kept() {
    let world = world();
    let (_, principal) = world.signed_in("grace").await;
    world.register("other").await;
    let old = world.code_for("other").await;
    mails(&world).await;
    // Gone between the limit and the code; a move to another address asks for nothing shared but these.
    world.memory.outage().begin_after(1);
    world.auth.resend_code(&email("other"), &world.client).await.unwrap_err();
    world.memory.outage().begin_after(1);
    world.auth.forgot_password(&email("grace"), &world.client).await.unwrap_err();
    world.memory.outage().begin_after(1);
    let failed = world.auth.update_profile(move_to("hopper"), &principal, &world.client).await;
    assert!(matches!(failed, Err(UpdateProfileError::Store(_))), "{failed:?}");
    assert_eq!(mails(&world).await, 0);
    world.memory.outage().end();
    let user = world.memory.store().find(principal.user.id).await.unwrap().unwrap();
    assert_eq!(user.pending_email, None, "nothing waits for a code that nobody has");

    world.try_verify("other", old).await.unwrap();
    world.auth.update_profile(move_to("hopper"), &principal, &world.client).await.unwrap();
    world.try_verify("hopper", world.code_for("hopper").await).await.unwrap();
}

/// The code names the account, so the account comes first: the one mail whose code may not work.
#[tokio::test]
async fn a_registration_whose_code_could_not_be_kept_is_made_again() {
    let world = world();
    world.memory.outage().begin_after(1);
    let failed = world.try_register("grace", "grace").await;
    assert!(matches!(failed, Err(RegisterError::Store(_))), "{failed:?}");
    world.memory.outage().end();
    let dead = world.code_for("grace").await;
    let refused = world.try_verify("grace", dead).await;
    assert!(matches!(refused, Err(VerifyEmailError::InvalidCode { .. })), "{refused:?}");
    world.wait(TimeDelta::seconds(1));
    world.register("grace").await;
    world.try_verify("grace", world.code_for("grace").await).await.unwrap();

    world.memory.outage().begin_after(1);
    world.try_register("ada", "ada").await.unwrap_err();
    world.memory.outage().end();
    world.wait(TimeDelta::seconds(1));
    world.auth.resend_code(&email("ada"), &world.client).await.unwrap();
    world.try_verify("ada", world.code_for("ada").await).await.unwrap();
}

#[tokio::test]
async fn signing_in_and_living_on_need_no_redis() {
    let world = world();
    let (tokens, _) = world.signed_in("grace").await;
    world.memory.outage().begin();
    let principal = world.principal(&tokens).await.unwrap();
    let pair = world.auth.refresh(tokens.refresh.expose(), &world.client).await.unwrap();
    world.auth.list_sessions(&principal).await.unwrap();
    let rename = UpdateProfile { username: Some(username("hopper")), ..UpdateProfile::default() };
    world.auth.update_profile(rename, &principal, &world.client).await.unwrap();
    let change = ChangePassword { current: password(PASSWORD), new: new_password(NEW_PASSWORD) };
    world.auth.change_password(change, &principal, &world.client).await.unwrap();
    let other = world.try_log_in("grace", NEW_PASSWORD, &world.client).await.unwrap();
    world.auth.log_out(&world.principal(&pair).await.unwrap(), &world.client).await.unwrap();
    assert!(world.is_live(&other).await && !world.is_live(&tokens).await);
}

#[tokio::test]
async fn guesses_are_counted_here_and_more_strictly() {
    let world = world_with(|settings| settings.limits.login_address.max = 8);
    let (_, principal) = world.signed_in("grace").await;
    world.memory.outage().begin();
    for _ in 0..2 {
        let failed = world.try_log_in("grace", "wrong", &world.client).await;
        assert!(matches!(failed, Err(LogInError::InvalidCredentials)), "{failed:?}");
        let wrong = ChangePassword { current: password("wrong"), new: new_password(NEW_PASSWORD) };
        let failed = world.auth.change_password(wrong, &principal, &world.client).await;
        assert!(matches!(failed, Err(ChangePasswordError::WrongPassword)), "{failed:?}");
    }
    let refused = world.try_log_in("grace", PASSWORD, &world.client).await;
    let Err(LogInError::RateLimited(limited)) = refused else { panic!("{refused:?}") };
    assert_eq!((limited.0.limit, limited.0.remaining), (2, 0));
    let change = ChangePassword { current: password(PASSWORD), new: new_password(NEW_PASSWORD) };
    let refused = world.auth.change_password(change, &principal, &world.client).await;
    assert!(matches!(refused, Err(ChangePasswordError::RateLimited(_))), "{refused:?}");
    for name in ["ada", "bob"] {
        world.try_log_in(name, "wrong", &world.client).await.unwrap_err();
    }
    let refused = world.try_log_in("carol", "wrong", &world.client).await;
    assert!(matches!(refused, Err(LogInError::RateLimited(_))), "the network's share: {refused:?}");

    // The shared counts know nothing of it, and they alone decide once they are back.
    world.memory.outage().end();
    world.log_in("grace").await;
}

#[tokio::test]
async fn a_success_clears_what_was_counted_here() {
    let world = world();
    world.verified("grace").await;
    let client = from("198.51.100.7");
    world.memory.outage().begin();
    for _ in 0..5 {
        world.try_log_in("grace", "wrong", &client).await.unwrap_err();
        world.try_log_in("grace", PASSWORD, &client).await.unwrap();
    }
    world.try_log_in("grace", "wrong", &client).await.unwrap_err();
    world.memory.outage().end();
    world.try_log_in("grace", PASSWORD, &client).await.unwrap();
    world.memory.outage().begin();
    world.try_log_in("grace", "wrong", &client).await.unwrap_err();
    world.try_log_in("grace", PASSWORD, &client).await.unwrap();
}

#[tokio::test]
async fn a_login_succeeds_although_its_failures_could_not_be_forgotten() {
    let world = world();
    world.verified("grace").await;
    world.memory.outage().begin_after(1);
    world.try_log_in("grace", PASSWORD, &world.client).await.unwrap();
}

#[tokio::test]
async fn failures_of_ours_are_taken_back_here_as_well() {
    let world = world();
    world.verified("grace").await;
    world.memory.outage().begin();
    world.memory.password_hasher().set_overloaded(true);
    for _ in 0..10 {
        let failed = world.try_log_in("grace", PASSWORD, &world.client).await;
        assert!(matches!(failed, Err(LogInError::Hash(_))), "{failed:?}");
    }
    world.memory.password_hasher().set_overloaded(false);
    world.log_in("grace").await;
}

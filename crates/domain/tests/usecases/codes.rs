//! One-time codes: attempts, ends, and what nobody can tell.

use crate::world::{World, code, email, world, world_with};
use chrono::TimeDelta;
use evently_auth_domain::code::OneTimeCode;
use evently_auth_domain::usecases::{ResendCodeError, VerifyEmailError};

async fn remaining(world: &World, name: &str, guess: OneTimeCode) -> u32 {
    match world.try_verify(name, guess).await {
        Err(VerifyEmailError::InvalidCode { remaining }) => remaining,
        other => panic!("{other:?}"),
    }
}

fn wrong(right: &OneTimeCode) -> OneTimeCode {
    let digits: u32 = right.expose().parse().unwrap();
    code(&format!("{:06}", (digits + 1) % 1_000_000))
}

#[tokio::test]
async fn the_third_wrong_attempt_kills_the_code() {
    let world = world();
    world.register("grace").await;
    let right = world.code_for("grace").await;
    assert_eq!(remaining(&world, "grace", wrong(&right)).await, 2);
    assert_eq!(remaining(&world, "grace", wrong(&right)).await, 1);
    assert_eq!(remaining(&world, "grace", wrong(&right)).await, 0);
    assert_eq!(remaining(&world, "grace", right).await, 0);
}

#[tokio::test]
async fn a_code_works_once_and_for_ten_minutes() {
    let world = world();
    world.verified("grace").await;
    let used = world.code_for("grace").await;
    assert_eq!(remaining(&world, "grace", used).await, 2);
    world.register("late").await;
    let late = world.code_for("late").await;
    world.wait(TimeDelta::minutes(10));
    assert_eq!(remaining(&world, "late", late).await, 2);
    world.register("early").await;
    let early = world.code_for("early").await;
    world.wait(TimeDelta::minutes(10) - TimeDelta::microseconds(1));
    world.try_verify("early", early).await.unwrap();
}

#[tokio::test]
async fn a_new_code_ends_the_old_one_and_starts_the_count_again() {
    let world = world();
    world.register("grace").await;
    let old = world.code_for("grace").await;
    assert_eq!(remaining(&world, "grace", wrong(&old)).await, 2);
    world.wait(TimeDelta::seconds(1)); // so that the newest mail is the newest
    world.auth.resend_code(&email("grace"), &world.client).await.unwrap();
    assert_eq!(remaining(&world, "grace", old).await, 2);
    world.try_verify("grace", world.code_for("grace").await).await.unwrap();
}

/// A mail more is work more, which could be told from the time that an answer takes.
#[tokio::test]
async fn who_gets_no_code_costs_the_same_work() {
    let world = world();
    world.verified("verified").await;
    world.register("waiting").await;
    world.auth.deliver_mails(100).await.unwrap();
    for name in ["verified", "waiting", "unknown"] {
        world.auth.resend_code(&email(name), &world.client).await.unwrap();
        world.auth.forgot_password(&email(name), &world.client).await.unwrap();
        let report = world.auth.deliver_mails(100).await.unwrap();
        let nobody = match name {
            "verified" => 1,
            "waiting" => 0,
            _ => 2,
        };
        assert_eq!((report.sent, report.expired), (2 - nobody, nobody), "{name}");
    }
    assert_eq!(world.mails_to("unknown").await, Vec::<&str>::new());
}

#[tokio::test]
async fn nobody_can_tell_which_addresses_wait_for_a_code() {
    let world = world();
    world.register("waiting").await;
    world.verified("verified").await;
    let guess = wrong(&world.code_for("waiting").await);
    for name in ["waiting", "verified", "unknown"] {
        let mut told = vec![remaining(&world, name, guess.clone()).await];
        told.push(remaining(&world, name, guess.clone()).await);
        world.auth.resend_code(&email(name), &world.client).await.unwrap();
        for _ in 0..4 {
            told.push(remaining(&world, name, guess.clone()).await);
        }
        world.wait(TimeDelta::minutes(10));
        told.push(remaining(&world, name, guess.clone()).await);
        assert_eq!(told, [2, 1, 2, 1, 0, 0, 2], "{name}");
    }
    assert_eq!(world.mails_to("unknown").await, Vec::<&str>::new());
    assert_eq!(world.mails_to("verified").await, ["verification_code", "welcome"]);
}

#[tokio::test]
async fn codes_are_limited_by_address_whoever_asks() {
    let world = world_with(|settings| settings.limits.resend.max = 3);
    for name in ["unknown", "grace"] {
        for _ in 0..3 {
            world.auth.resend_code(&email(name), &world.client).await.unwrap();
        }
        let refused = world.auth.resend_code(&email(name), &world.client).await;
        assert!(matches!(refused, Err(ResendCodeError::RateLimited(_))), "{refused:?}");
        // A code for another purpose counts as one more for the same address.
        assert!(world.auth.forgot_password(&email(name), &world.client).await.is_err());
    }
}

#[tokio::test]
async fn a_code_for_one_purpose_is_none_for_another() {
    let world = world();
    world.register("grace").await;
    world.wait(TimeDelta::seconds(1));
    world.auth.forgot_password(&email("grace"), &world.client).await.unwrap();
    let reset = world.code_for("grace").await;
    assert_eq!(remaining(&world, "grace", reset).await, 2);
}

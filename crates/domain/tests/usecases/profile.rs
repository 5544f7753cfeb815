//! The own profile, and a move to another address.

use crate::world::{PASSWORD, email, new_password, password, username, world};
use chrono::TimeDelta;
use evently_auth_domain::account::FullName;
use evently_auth_domain::usecases::{ChangePassword, UpdateProfile, UpdateProfileError};

fn to(name: &str, current: Option<&str>) -> UpdateProfile {
    UpdateProfile {
        email: Some(email(name)),
        current_password: current.map(password),
        ..UpdateProfile::default()
    }
}

#[tokio::test]
async fn absent_members_stay_and_null_clears_the_name() {
    let world = world();
    let (_, principal) = world.signed_in("grace").await;
    let update = async |update| world.auth.update_profile(update, &principal, &world.client).await.unwrap();
    let name = FullName::parse("Grace Hopper").unwrap();
    let user = update(UpdateProfile { full_name: Some(name.clone()), ..UpdateProfile::default() }).await;
    assert_eq!((&user.full_name, user.username.as_str()), (&name, "grace"));
    let rename = UpdateProfile { username: Some(username("hopper")), ..UpdateProfile::default() };
    let user = update(rename).await;
    assert_eq!((user.full_name, user.username.as_str()), (name, "hopper"));
    let user = update(UpdateProfile { full_name: Some(None), ..UpdateProfile::default() }).await;
    assert_eq!(user.full_name, None);
}

#[tokio::test]
async fn a_taken_username_is_a_conflict() {
    let world = world();
    world.verified("other").await;
    let (_, principal) = world.signed_in("grace").await;
    let rename = UpdateProfile { username: Some(username("OTHER")), ..UpdateProfile::default() };
    let refused = world.auth.update_profile(rename, &principal, &world.client).await;
    assert!(matches!(refused, Err(UpdateProfileError::Taken)), "{refused:?}");
}

#[tokio::test]
async fn a_new_address_waits_for_its_proof() {
    let world = world();
    let (_, principal) = world.signed_in("grace").await;
    let move_to = async |command| world.auth.update_profile(command, &principal, &world.client).await;
    assert!(matches!(move_to(to("hopper", None)).await, Err(UpdateProfileError::PasswordRequired)));
    assert!(matches!(move_to(to("hopper", Some("wrong"))).await, Err(UpdateProfileError::WrongPassword)));
    let user = move_to(to("hopper", Some(PASSWORD))).await.unwrap();
    assert_eq!((&user.email, &user.pending_email), (&email("grace"), &Some(email("hopper"))));
    assert_eq!(world.mails_to("hopper").await, ["email_change_code"]);
    assert_eq!(world.mails_to("grace").await.last(), Some(&"email_change_requested"));

    world.wait(TimeDelta::seconds(1));
    world.auth.resend_code(&email("hopper"), &world.client).await.unwrap();
    world.try_verify("hopper", world.code_for("hopper").await).await.unwrap();
    let user = world.principal(&world.log_in("hopper").await).await.unwrap().user;
    assert_eq!((&user.email, &user.pending_email, user.is_verified), (&email("hopper"), &None, true));
    assert_eq!(world.mails_to("grace").await.last(), Some(&"email_changed"));
    assert_eq!(world.mails_to("hopper").await.last(), Some(&"email_changed"));
    assert!(world.try_log_in("grace", PASSWORD, &world.client).await.is_err());
}

#[tokio::test]
async fn a_taken_address_looks_the_same_and_its_owner_is_told() {
    let world = world();
    world.verified("owner").await;
    let (_, principal) = world.signed_in("grace").await;
    let command = to("owner", Some(PASSWORD));
    let user = world.auth.update_profile(command, &principal, &world.client).await.unwrap();
    assert_eq!(user.pending_email, Some(email("owner")));
    assert_eq!(world.mails_to("owner").await.last(), Some(&"address_in_use"));
}

#[tokio::test]
async fn a_claim_on_an_address_gives_way_to_its_proof() {
    let world = world();
    let claim = world.register("hopper").await;
    let (_, principal) = world.signed_in("grace").await;
    world.wait(TimeDelta::seconds(1));
    world.auth.update_profile(to("hopper", Some(PASSWORD)), &principal, &world.client).await.unwrap();
    world.try_verify("hopper", world.code_for("hopper").await).await.unwrap();
    let moved = world.principal(&world.log_in("hopper").await).await.unwrap().user;
    assert_eq!(moved.id, principal.user.id);
    assert_ne!(moved.id, claim.id);
}

#[tokio::test]
async fn the_current_address_calls_the_move_off() {
    let world = world();
    let (_, principal) = world.signed_in("grace").await;
    world.auth.update_profile(to("hopper", Some(PASSWORD)), &principal, &world.client).await.unwrap();
    let code = world.code_for("hopper").await;
    let user = world.auth.update_profile(to("grace", None), &principal, &world.client).await.unwrap();
    assert_eq!(user.pending_email, None);
    assert!(world.try_verify("hopper", code).await.is_err());
}

#[tokio::test]
async fn a_move_does_not_outlive_the_password_it_was_asked_with() {
    let world = world();
    let (_, principal) = world.signed_in("grace").await;
    world.auth.update_profile(to("thief", Some(PASSWORD)), &principal, &world.client).await.unwrap();
    let code = world.code_for("thief").await;
    let change = ChangePassword { current: password(PASSWORD), new: new_password("a moth in relay seventy") };
    world.auth.change_password(change, &principal, &world.client).await.unwrap();
    assert!(world.try_verify("thief", code).await.is_err());
    let mails = world.mails_to("thief").await.len();
    world.auth.resend_code(&email("thief"), &world.client).await.unwrap();
    assert_eq!(world.mails_to("thief").await.len(), mails, "nobody waits for that address any more");
}

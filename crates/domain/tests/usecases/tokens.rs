//! Access and refresh tokens over the life of a session.

use crate::world::{World, with, world, world_with};
use chrono::TimeDelta;
use evently_auth_domain::settings::SessionBinding;
use evently_auth_domain::usecases::{AuthenticateError, RefreshError, Tokens};

async fn refresh(world: &World, tokens: &Tokens) -> Result<Tokens, RefreshError> {
    world.auth.refresh(tokens.refresh.expose(), &world.client).await
}

#[tokio::test]
async fn each_refresh_gives_a_new_pair() {
    let world = world();
    let (first, _) = world.signed_in("grace").await;
    let second = refresh(&world, &first).await.unwrap();
    assert_ne!(first.refresh, second.refresh);
    assert_ne!(first.access, second.access);
    assert!(world.is_live(&first).await, "an access token lives until it ends");
    assert!(world.is_live(&second).await);
    assert_eq!(second.expires_in, TimeDelta::minutes(30));
}

#[tokio::test]
async fn a_lost_answer_is_given_again_byte_for_byte() {
    let world = world();
    let (first, _) = world.signed_in("grace").await;
    let lost = refresh(&world, &first).await.unwrap();
    world.wait(TimeDelta::days(1));
    let again = refresh(&world, &first).await.unwrap();
    assert_eq!(lost.refresh, again.refresh);
    assert!(world.is_live(&again).await);
}

#[tokio::test]
async fn two_tabs_get_the_same_within_ten_seconds() {
    let world = world();
    let (first, _) = world.signed_in("grace").await;
    let one = refresh(&world, &first).await.unwrap();
    assert!(world.is_live(&one).await);
    world.wait(TimeDelta::seconds(10));
    assert_eq!(refresh(&world, &first).await.unwrap().refresh, one.refresh);
    world.wait(TimeDelta::microseconds(1));
    assert!(refresh(&world, &first).await.is_err());
    assert!(!world.is_live(&one).await, "a spent token ends the session");
}

#[tokio::test]
async fn an_older_token_is_theft() {
    let world = world();
    let (first, _) = world.signed_in("grace").await;
    let second = refresh(&world, &first).await.unwrap();
    let third = refresh(&world, &second).await.unwrap();
    assert!(matches!(refresh(&world, &first).await, Err(RefreshError::InvalidToken)));
    assert!(!world.is_live(&third).await);
    assert!(refresh(&world, &third).await.is_err());
    // One theft is one notice, however often the token is presented.
    assert!(refresh(&world, &first).await.is_err());
    let mails = world.mails_to("grace").await;
    assert_eq!(mails.iter().filter(|kind| **kind == "session_theft").count(), 1);
}

#[tokio::test]
async fn rotation_does_not_move_the_end_of_the_session() {
    let world = world();
    let (mut tokens, _) = world.signed_in("grace").await;
    for _ in 0..6 {
        world.wait(TimeDelta::days(1));
        tokens = refresh(&world, &tokens).await.unwrap();
        assert!(world.is_live(&tokens).await);
    }
    world.wait(TimeDelta::days(1) - TimeDelta::minutes(10));
    tokens = refresh(&world, &tokens).await.unwrap();
    assert_eq!(tokens.expires_in, TimeDelta::minutes(10), "no access token outlives its session");
    world.wait(TimeDelta::minutes(10));
    assert!(refresh(&world, &tokens).await.is_err());
    assert!(!world.is_live(&tokens).await);
}

#[tokio::test]
async fn an_idle_session_ends() {
    let world = world_with(|settings| settings.session_idle_limit = Some(TimeDelta::hours(1)));
    let (tokens, principal) = world.signed_in("grace").await;
    world.wait(TimeDelta::hours(1));
    let tokens = refresh(&world, &tokens).await.unwrap();
    world.wait(TimeDelta::hours(1) + TimeDelta::seconds(1));
    assert!(refresh(&world, &tokens).await.is_err());
    assert_eq!(world.auth.list_sessions(&principal).await.unwrap(), []);
}

#[tokio::test]
async fn foreign_and_mangled_tokens_are_refused_alike() {
    let world = world();
    let (tokens, _) = world.signed_in("grace").await;
    let other_world = self::world();
    let (foreign, _) = other_world.signed_in("grace").await;
    let genuine = tokens.refresh.expose();
    let (sid, rest) = genuine.split_once('.').unwrap();
    let (_, mac) = rest.split_once('.').unwrap();
    let forged = format!("{sid}.1.{mac}");
    let unknown = format!("{}.0.{mac}", "A".repeat(22));
    for text in ["", "x", &forged, &unknown, tokens.access.expose(), &genuine[1..]] {
        let refused = world.auth.refresh(text, &world.client).await;
        assert!(matches!(refused, Err(RefreshError::InvalidToken)), "{text}: {refused:?}");
    }
    for text in ["", "x", tokens.refresh.expose()] {
        let refused = world.auth.authenticate(text, &world.client).await;
        assert!(matches!(refused, Err(AuthenticateError::InvalidToken)), "{text}");
    }
    drop(foreign);
    assert!(world.is_live(&tokens).await, "a guess ends nothing");
}

#[tokio::test]
async fn a_session_can_be_bound_to_where_it_was_made() {
    use SessionBinding::{Both, Ip, Off, Record, UserAgent};
    for (binding, elsewhere, another_agent) in [
        (Off, true, true),
        (Record, true, true),
        (Ip, false, true),
        (UserAgent, true, false),
        (Both, false, false),
    ] {
        let world = world_with(|settings| settings.session_binding = binding);
        let (tokens, _) = world.signed_in("grace").await;
        let at = async |client| world.auth.authenticate(tokens.access.expose(), &client).await.is_ok();
        assert!(at(with("192.0.2.1", "Firefox/2.0")).await, "{binding:?}: an update");
        assert_eq!(at(with("198.51.100.1", "Firefox/1.0")).await, elsewhere, "{binding:?}");
        assert_eq!(at(with("192.0.2.1", "curl/8")).await, another_agent, "{binding:?}");
        let refreshed =
            world.auth.refresh(tokens.refresh.expose(), &with("198.51.100.1", "Firefox/1.0")).await;
        assert_eq!(refreshed.is_ok(), elsewhere, "{binding:?}");
        assert!(at(with("192.0.2.1", "Firefox/1.0")).await, "{binding:?}: a refusal ends nothing");
    }
}

#[tokio::test]
async fn theft_is_theft_wherever_it_comes_from() {
    let world = world_with(|settings| settings.session_binding = SessionBinding::Ip);
    let (first, _) = world.signed_in("grace").await;
    let second = refresh(&world, &first).await.unwrap();
    let third = refresh(&world, &second).await.unwrap();
    let elsewhere = with("198.51.100.1", "Firefox/1.0");
    assert!(world.auth.refresh(first.refresh.expose(), &elsewhere).await.is_err());
    assert!(!world.is_live(&third).await);
}

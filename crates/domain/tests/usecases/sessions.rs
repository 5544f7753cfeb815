//! What is open, and what ends it.

use crate::world::{from, world};
use chrono::TimeDelta;
use evently_auth_domain::session::SessionId;
use evently_auth_domain::usecases::RevokeSessionError;

#[tokio::test]
async fn a_user_sees_and_ends_own_sessions() {
    let world = world();
    let (first, _) = world.signed_in("grace").await;
    world.wait(TimeDelta::seconds(1));
    let second = world.log_in("grace").await;
    let principal = world.principal(&second).await.unwrap();
    let sessions = world.auth.list_sessions(&principal).await.unwrap();
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions[0].sid, principal.session.sid, "newest first");
    world.auth.revoke_session(sessions[1].id, &principal, &world.client).await.unwrap();
    assert!(!world.is_live(&first).await);
    assert!(world.is_live(&second).await);
    let again = world.auth.revoke_session(sessions[1].id, &principal, &world.client).await;
    assert!(matches!(again, Err(RevokeSessionError::NotFound)));
}

#[tokio::test]
async fn nobody_ends_sessions_of_others() {
    let world = world();
    let (tokens, principal) = world.signed_in("grace").await;
    let (_, other) = world.signed_in("other").await;
    for id in [principal.session.id, SessionId(i64::MAX)] {
        let refused = world.auth.revoke_session(id, &other, &world.client).await;
        assert!(matches!(refused, Err(RevokeSessionError::NotFound)));
    }
    assert!(world.is_live(&tokens).await);
}

#[tokio::test]
async fn all_but_the_current_session_end_together() {
    let world = world();
    let (first, _) = world.signed_in("grace").await;
    let (second, third) = (world.log_in("grace").await, world.log_in("grace").await);
    let (others, _) = world.signed_in("other").await;
    let principal = world.principal(&second).await.unwrap();
    assert_eq!(world.auth.revoke_other_sessions(&principal, &world.client).await.unwrap(), 2);
    assert!(!world.is_live(&first).await && !world.is_live(&third).await);
    assert!(world.is_live(&second).await && world.is_live(&others).await);
}

#[tokio::test]
async fn logging_out_ends_both_tokens() {
    let world = world();
    let (tokens, principal) = world.signed_in("grace").await;
    world.auth.log_out(&principal, &world.client).await.unwrap();
    assert!(!world.is_live(&tokens).await);
    assert!(world.auth.refresh(tokens.refresh.expose(), &world.client).await.is_err());
}

#[tokio::test]
async fn a_session_tells_where_it_came_from_and_when_it_was_used() {
    let world = world();
    world.verified("grace").await;
    let elsewhere = from("2001:db8::7");
    let tokens = world.try_log_in("grace", crate::world::PASSWORD, &elsewhere).await.unwrap();
    world.wait(TimeDelta::minutes(5));
    world.auth.authenticate(tokens.access.expose(), &elsewhere).await.unwrap();
    let principal = world.auth.authenticate(tokens.access.expose(), &elsewhere).await.unwrap();
    let session = &world.auth.list_sessions(&principal).await.unwrap()[0];
    assert_eq!(session.ip_address, Some(elsewhere.address));
    assert_eq!(session.user_agent, elsewhere.user_agent);
    assert_eq!(session.last_accessed, session.created_at + TimeDelta::minutes(5));
}

#[tokio::test]
async fn the_sweep_removes_expired_sessions() {
    let world = world();
    world.signed_in("grace").await;
    world.wait(TimeDelta::days(6));
    let (later, _) = world.signed_in("other").await;
    world.wait(TimeDelta::days(1));
    assert_eq!(world.auth.sweep().await.unwrap().sessions, 1);
    let later = world.auth.refresh(later.refresh.expose(), &world.client).await.unwrap();
    assert!(world.is_live(&later).await);
}

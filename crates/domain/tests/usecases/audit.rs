//! What is written down, and how tampering shows.

use crate::world::{email, new_password, password, world};
use evently_auth_domain::audit::{AuditAction, AuditOutcome};
use evently_auth_domain::ports::AuditLog;
use evently_auth_domain::usecases::ChangePassword;

#[tokio::test]
async fn a_life_leaves_its_trace() {
    use AuditAction::*;
    use AuditOutcome::{Failure, Success};
    let world = world();
    let (tokens, principal) = world.signed_in("grace").await;
    world.try_log_in("grace", "wrong", &world.client).await.unwrap_err();
    let change = ChangePassword { current: password("wrong"), new: new_password("a moth in relay seventy") };
    world.auth.change_password(change, &principal, &world.client).await.unwrap_err();
    world.auth.forgot_password(&email("unknown"), &world.client).await.unwrap();
    let next = world.auth.refresh(tokens.refresh.expose(), &world.client).await.unwrap();
    world.auth.refresh(next.refresh.expose(), &world.client).await.unwrap();
    world.auth.refresh(tokens.refresh.expose(), &world.client).await.unwrap_err();

    let rows = world.memory.store().rows(0, 100).await.unwrap();
    let trace: Vec<_> = rows.iter().map(|row| (row.event.action, row.event.outcome)).collect();
    assert_eq!(
        trace,
        [
            (Registered, Success),
            (EmailVerified, Success),
            (LoggedIn, Success),
            (LoggedIn, Failure),
            (PasswordChanged, Failure),
            (CodeRequested, Failure),
            (RefreshTokenReused, Failure),
        ]
    );
    assert_eq!(rows[0].event.subject, Some(principal.user.id), "the account that was created");
    assert_eq!(rows[2].event.sid.as_ref(), Some(&principal.session.sid));
    assert!(rows.iter().all(|row| row.event.ip_address == Some(world.client.address)));
    let text = format!("{rows:?}");
    assert!(!text.contains("grace@") && !text.contains("wrong"), "{text}");
}

#[tokio::test]
async fn a_move_is_recorded_once() {
    let world = world();
    let (tokens, _) = world.signed_in("grace").await;
    let elsewhere = crate::world::from("198.51.100.1");
    for _ in 0..3 {
        world.auth.authenticate(tokens.access.expose(), &elsewhere).await.unwrap();
    }
    let rows = world.memory.store().rows(0, 100).await.unwrap();
    let moves = rows.iter().filter(|row| row.event.action == AuditAction::SessionMoved).count();
    assert_eq!(moves, 1);
}

#[tokio::test]
async fn what_is_sealed_verifies() {
    let world = world();
    world.signed_in("grace").await;
    assert_eq!(world.auth.seal_audit(2).await.unwrap(), 2);
    assert_eq!(world.auth.seal_audit(100).await.unwrap(), 1);
    assert_eq!(world.auth.seal_audit(100).await.unwrap(), 0);
    world.signed_in("other").await;
    let report = world.auth.verify_audit().await.unwrap();
    assert_eq!((report.rows, report.seals, report.findings.len()), (6, 2, 0));
}

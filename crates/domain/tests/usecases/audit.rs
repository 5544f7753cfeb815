//! What is written down, and how tampering shows.

use crate::world::{email, new_password, password, with, world};
use async_trait::async_trait;
use chrono::TimeDelta;
use evently_auth_domain::audit::{AuditAction, AuditOutcome, AuditRecord, AuditSeal};
use evently_auth_domain::client::Client;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::AuditLog;
use evently_auth_domain::usecases::ChangePassword;
use evently_auth_domain::{Auth, Ports};
use evently_auth_memory::MemoryStore;
use std::sync::Arc;

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
async fn a_move_is_recorded_once_also_when_a_client_goes_back_and_forth() {
    let world = world();
    let (tokens, _) = world.signed_in("grace").await;
    let use_from = async |client: &Client| {
        world.auth.authenticate(tokens.access.expose(), client).await.unwrap();
        let rows = world.memory.store().rows(0, 100).await.unwrap();
        rows.iter().filter(|row| row.event.action == AuditAction::SessionMoved).count()
    };
    let (elsewhere, other_agent) = (with("198.51.100.1", "Firefox/1.0"), with("192.0.2.1", "curl/8"));
    for _ in 0..3 {
        assert_eq!(use_from(&elsewhere).await, 1);
        assert_eq!(use_from(&elsewhere).await, 1);
        assert_eq!(use_from(&world.client).await, 1, "where it was opened");
        world.wait(TimeDelta::minutes(2)); // so that the use is noted
        assert_eq!(use_from(&world.client).await, 1);
    }
    assert_eq!(use_from(&other_agent).await, 2, "a third place");
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

/// An audit whose worker seals while it is being verified.
struct Busy {
    store: MemoryStore,
    worker: Auth,
}

#[async_trait]
impl AuditLog for Busy {
    async fn unsealed(&self, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        self.store.unsealed(limit).await
    }
    async fn append_seal(&self, seal: AuditSeal) -> Result<bool, StoreError> {
        self.store.append_seal(seal).await
    }
    async fn last_seal(&self) -> Result<Option<AuditSeal>, StoreError> {
        self.store.last_seal().await
    }
    async fn seals(&self, after: i64, limit: u32) -> Result<Vec<AuditSeal>, StoreError> {
        self.store.seals(after, limit).await
    }
    async fn rows(&self, after: i64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        self.worker.seal_audit(1).await?;
        self.store.rows(after, limit).await
    }
    async fn rows_of(&self, number: i64) -> Result<Vec<AuditRecord>, StoreError> {
        self.store.rows_of(number).await
    }
}

#[tokio::test]
async fn sealing_goes_on_beside_a_verification() {
    let world = world();
    world.signed_in("grace").await;
    let busy = Busy { store: world.memory.store().clone(), worker: world.auth.clone() };
    let ports = Ports { audit_log: Arc::new(busy), ..world.memory.ports() };
    let auth = Auth::new(ports, world.auth.settings().clone(), world.memory.keys().clone());
    let report = auth.verify_audit().await.unwrap();
    assert_eq!(report.findings, []);
    assert!(report.seals > 0, "it did seal meanwhile");
}

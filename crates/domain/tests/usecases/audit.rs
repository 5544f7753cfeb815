//! What is written down, and how tampering shows.

use crate::world::{PASSWORD, World, email, from, new_password, password, with, world, world_with};
use async_trait::async_trait;
use chrono::TimeDelta;
use evently_auth_domain::account::UserId;
use evently_auth_domain::audit::{
    AuditAction, AuditEnd, AuditEnds, AuditEvent, AuditFilter, AuditKey, AuditOutcome, AuditPlace,
    AuditRecord, AuditSeal, AuditSide,
};
use evently_auth_domain::client::Client;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::{StoreError, StoreErrorKind};
use evently_auth_domain::mail::Delivery;
use evently_auth_domain::ports::{AuditLog, Outbox};
use evently_auth_domain::settings::SessionBinding;
use evently_auth_domain::usecases::admin::{AdminError, UpdateUser};
use evently_auth_domain::usecases::{AuditReport, ChangePassword, LogInError};
use evently_auth_domain::{Auth, Ports};
use evently_auth_memory::MemoryStore;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

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

/// How many rows say that a login was not looked at, and about whom.
async fn throttled(world: &World) -> Vec<Option<UserId>> {
    let rows = world.memory.store().rows(0, 1_000).await.unwrap();
    let is_it = |event: &&AuditEvent| {
        (event.action, event.outcome) == (AuditAction::LoggedIn, AuditOutcome::Failure)
            && event.detail.as_deref() == Some("rate limited")
    };
    rows.iter().map(|row| &row.event).filter(is_it).map(|event| event.subject).collect()
}

#[tokio::test]
async fn throttled_logins_are_recorded_once_a_minute_for_each_name_and_network() {
    let world = world();
    let grace = Some(world.verified("grace").await.id);
    let refused = async |name: &str, network: &str, times| {
        for _ in 0..times {
            let refused = world.try_log_in(name, PASSWORD, &from(network)).await;
            assert!(matches!(refused, Err(LogInError::RateLimited(_))), "{refused:?}");
        }
    };
    for (name, network) in [("grace", "198.51.100.1"), ("grace", "198.51.100.2"), ("nobody", "198.51.100.1")]
    {
        for _ in 0..5 {
            world.try_log_in(name, "wrong", &from(network)).await.unwrap_err();
        }
        refused(name, network, 20).await;
    }
    assert_eq!(throttled(&world).await, [grace, grace, None]);
    world.wait(TimeDelta::seconds(59));
    refused("grace", "198.51.100.1", 20).await;
    assert_eq!(throttled(&world).await.len(), 3);
    world.wait(TimeDelta::seconds(1));
    refused("grace", "198.51.100.1", 20).await;
    assert_eq!(throttled(&world).await, [grace, grace, None, grace]);
}

#[tokio::test]
async fn a_network_that_types_many_names_fills_no_audit() {
    let world = world_with(|settings| settings.limits.login_address.max = 1);
    for minute in 1..=3 {
        for number in 0..100 {
            let _ = world.try_log_in(&format!("nobody-{number}"), "wrong", &from("198.51.100.1")).await;
        }
        assert_eq!(throttled(&world).await.len(), 10 * minute);
        world.wait(TimeDelta::minutes(1));
    }
}

#[tokio::test]
async fn what_is_sealed_verifies() {
    let world = world();
    world.signed_in("grace").await;
    let sealed = async |limit| world.auth.seal_audit(limit).await.unwrap().map(|sealed| sealed.rows);
    assert_eq!(sealed(2).await, Some(2));
    assert_eq!(sealed(100).await, Some(1));
    assert_eq!(sealed(100).await, None);
    world.signed_in("other").await;
    let report = world.auth.verify_audit().await.unwrap();
    assert_eq!((report.rows, report.seals, report.findings.len()), (6, 2, 0));
}

/// An audit that is worked at while it is being verified.
struct Busy {
    store: MemoryStore,
    worker: Auth,
    key: AuditKey,
    /// How often somebody cuts, beside all the sealing.
    cuts: AtomicU32,
}

impl Busy {
    async fn cut_next(&self) -> Result<(), StoreError> {
        let cuts = self.cuts.fetch_update(Relaxed, Relaxed, |cuts| cuts.checked_sub(1));
        if cuts.is_err() {
            return Ok(());
        }
        // The next seal goes.
        let after = self.store.ends().await?.start.map_or(0, |start| start.link.number);
        let seal = self.store.seals(after, 1).await?.remove(0);
        let start = self.key.end(AuditSide::Start, seal.link(), 1, seal.last_row(), seal.at);
        assert!(self.store.cut(after, start, Effects::default()).await?);
        Ok(())
    }
}

/// A verification beside a worker that seals, and cuts so often.
async fn verify_beside(cuts: u32) -> Result<AuditReport, StoreError> {
    let world = world();
    for name in ["ada", "grace", "joan"] {
        world.signed_in(name).await;
    }
    for _ in 0..6 {
        world.auth.seal_audit(1).await.unwrap();
    }
    let worker = world.auth.clone();
    let key = world.memory.keys().audit.clone();
    let busy = Busy { store: world.memory.store().clone(), worker, key, cuts: cuts.into() };
    let ports = Ports { audit_log: Arc::new(busy), ..world.memory.ports() };
    let auth = Auth::new(ports, world.auth.settings().clone(), world.memory.keys().clone());
    auth.verify_audit().await
}

#[async_trait]
impl AuditLog for Busy {
    async fn unsealed(&self, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        self.store.unsealed(limit).await
    }
    async fn append_seal(&self, last: i64, seal: AuditSeal, end: AuditEnd) -> Result<bool, StoreError> {
        self.store.append_seal(last, seal, end).await
    }
    async fn ends(&self) -> Result<AuditEnds, StoreError> {
        self.store.ends().await
    }
    async fn cut(&self, after: i64, start: AuditEnd, effects: Effects) -> Result<bool, StoreError> {
        self.store.cut(after, start, effects).await
    }
    async fn search(
        &self,
        filter: &AuditFilter,
        before: Option<AuditPlace>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        self.store.search(filter, before, limit).await
    }
    async fn last_seal(&self) -> Result<Option<AuditSeal>, StoreError> {
        self.store.last_seal().await
    }
    async fn seals(&self, after: i64, limit: u32) -> Result<Vec<AuditSeal>, StoreError> {
        if after == i64::MIN {
            self.cut_next().await?;
        }
        self.store.seals(after, limit).await
    }
    async fn rows(&self, after: i64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        self.worker.seal_audit(1).await?;
        self.store.rows(after, limit).await
    }
    async fn rows_of(&self, number: i64, after: i64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        self.store.rows_of(number, after, limit).await
    }
    async fn has_twin(&self, row: &AuditRecord, number: i64) -> Result<bool, StoreError> {
        self.store.has_twin(row, number).await
    }
}

#[tokio::test]
async fn sealing_goes_on_beside_a_verification() {
    let report = verify_beside(0).await.unwrap();
    assert_eq!(report.findings, []);
    assert!(report.seals > 6, "it did seal meanwhile");
}

#[tokio::test]
async fn a_verification_beside_a_cut_takes_up_the_new_start() {
    for cuts in [1, 2] {
        let report = verify_beside(cuts).await.unwrap();
        assert_eq!(report.findings, []);
        assert_eq!(report.start.unwrap().link.number, i64::from(cuts));
    }
}

#[tokio::test]
async fn what_is_cut_all_the_time_was_not_tampered_with() {
    let failed = verify_beside(100).await.unwrap_err();
    assert_eq!(failed.kind, StoreErrorKind::Contention);
    assert!(failed.to_string().contains("try again"), "{failed}");
}

/// The events of an action, from a world where nothing else is of interest.
async fn of(world: &World, action: AuditAction) -> Vec<AuditEvent> {
    let rows = world.memory.store().rows(0, 1_000).await.unwrap();
    rows.into_iter().map(|row| row.event).filter(|event| event.action == action).collect()
}

#[tokio::test]
async fn what_the_role_does_not_allow_is_recorded_once_a_minute() {
    let world = world();
    let (_, grace) = world.signed_in("grace").await;
    let (_, other) = world.signed_in("other").await;
    for principal in [&grace, &grace, &other] {
        let refused = world.auth.find_user(UserId(1), principal, &world.client).await;
        assert!(matches!(refused, Err(AdminError::Forbidden)));
    }
    let denied = of(&world, AuditAction::PermissionDenied).await;
    assert_eq!(
        denied.iter().map(|event| event.actor).collect::<Vec<_>>(),
        [Some(grace.user.id), Some(other.user.id)]
    );
    assert_eq!((denied[0].outcome, denied[0].detail.as_deref()), (AuditOutcome::Failure, Some("read users")));
    world.wait(TimeDelta::seconds(60));
    world.auth.find_user(UserId(1), &grace, &world.client).await.unwrap_err();
    assert_eq!(of(&world, AuditAction::PermissionDenied).await.len(), 3);
}

#[tokio::test]
async fn a_session_that_is_refused_for_its_place_is_recorded_once_a_minute() {
    let world = world_with(|settings| settings.session_binding = SessionBinding::Ip);
    let (tokens, _) = world.signed_in("grace").await;
    let elsewhere = with("198.51.100.1", "Firefox/1.0");
    for count in [1, 2] {
        for _ in 0..20 {
            world.auth.authenticate(tokens.access.expose(), &elsewhere).await.unwrap_err();
            world.auth.refresh(tokens.refresh.expose(), &elsewhere).await.unwrap_err();
        }
        assert_eq!(of(&world, AuditAction::SessionMoved).await.len(), count);
        world.wait(TimeDelta::seconds(60));
    }
}

#[tokio::test]
async fn what_an_administrator_is_refused_is_recorded() {
    use AuditAction::{UserActivated, UserChanged, UserDeactivated, UserDeleted};
    let world = world();
    let root = world.admin("root").await;
    let (own, nobody) = (root.user.id, UserId(i64::MAX));
    let (auth, client) = (&world.auth, &world.client);
    auth.deactivate_user(own, &root, client).await.unwrap_err();
    auth.delete_user(own, &root, client).await.unwrap_err();
    auth.activate_user(nobody, &root, client).await.unwrap_err();
    let unproven = UpdateUser { is_verified: Some(false), ..UpdateUser::default() };
    auth.update_user(own, unproven, &root, client).await.unwrap_err();
    for (action, subject, detail) in [
        (UserDeactivated, own, "refused: own account"),
        (UserDeleted, own, "refused: own account"),
        (UserActivated, nobody, "refused: no such account"),
        (UserChanged, own, "refused: last administrator; is_verified=false"),
    ] {
        let events = of(&world, action).await;
        let event = events.first().unwrap();
        assert_eq!((events.len(), event.outcome), (1, AuditOutcome::Failure), "{action:?}");
        assert_eq!((event.actor, event.subject), (Some(own), Some(subject)));
        assert_eq!(event.detail.as_deref(), Some(detail));
    }
}

#[tokio::test]
async fn a_change_that_switches_an_account_says_so() {
    let world = world();
    let root = world.admin("root").await;
    let user = world.verified("grace").await;
    for is_active in [true, false, false, true] {
        let change = UpdateUser { is_active: Some(is_active), ..UpdateUser::default() };
        world.auth.update_user(user.id, change, &root, &world.client).await.unwrap();
    }
    assert_eq!(of(&world, AuditAction::UserChanged).await.len(), 4);
    assert_eq!(of(&world, AuditAction::UserDeactivated).await.len(), 1);
    let activated = of(&world, AuditAction::UserActivated).await;
    assert_eq!((activated.len(), activated[0].subject), (1, Some(user.id)));
}

#[tokio::test]
async fn what_operators_do_is_recorded() {
    let world = world();
    let root = world.admin("root").await;
    assert_eq!(world.auth.cleanup_sessions(&root, &world.client).await.unwrap(), 0);
    let cleaned = of(&world, AuditAction::SessionsCleaned).await;
    assert_eq!((cleaned[0].actor, cleaned[0].subject), (Some(root.user.id), None));
    assert_eq!(cleaned[0].detail.as_deref(), Some("0 expired sessions"));

    world.auth.retry_mails(None).await.unwrap();
    assert_eq!(of(&world, AuditAction::MailsRetried).await, [], "there was nothing to do");
    world.register("grace").await;
    let job = world.auth.claim_mails(1).await.unwrap().remove(0);
    let dead = Delivery::Dead { reason: "no".to_owned() };
    assert!(world.memory.store().settle(&job, dead).await.unwrap());
    assert_eq!(world.auth.retry_mails(None).await.unwrap(), 1);
    let retried = of(&world, AuditAction::MailsRetried).await;
    assert_eq!(retried[0].detail.as_deref(), Some("1 mails"));
}

#[tokio::test]
async fn the_audit_is_kept_for_ever_unless_told_otherwise() {
    let world = world();
    world.signed_in("grace").await;
    world.auth.seal_audit(1).await.unwrap();
    world.auth.seal_audit(100).await.unwrap();
    world.wait(TimeDelta::days(36_500));
    assert_eq!(world.auth.sweep().await.unwrap().audit, 0);
    assert!(!world.memory.store().rows(0, 10).await.unwrap().is_empty());
}

/// A quiet service does not write one cut after the other; many rows go in several cuts.
#[tokio::test]
async fn what_is_older_than_it_is_kept_is_cut_once_a_day_and_in_bounded_steps() {
    let world = world_with(|settings| settings.audit_retention = Some(TimeDelta::days(7)));
    let store = world.memory.store();
    let mut told = 0;
    let mut tell_and_seal = async |count: usize| {
        for _ in 0..count {
            told += 1;
            let event = AuditEvent::local(AuditAction::LoggedIn, AuditOutcome::Success, world.auth.now());
            store.put(Effects::audit(event.with(told.to_string()))).await.unwrap();
        }
        world.wait(TimeDelta::seconds(1));
        world.auth.seal_audit(u32::MAX).await.unwrap().unwrap();
    };
    for _ in 0..7 {
        tell_and_seal(1_000).await;
    }
    world.wait(TimeDelta::days(4));
    tell_and_seal(1).await;
    world.wait(TimeDelta::days(4));
    tell_and_seal(1).await;
    assert_eq!(world.auth.sweep().await.unwrap().audit, 7_000);
    let cuts = of(&world, AuditAction::AuditCut).await;
    let first_words =
        |event: &AuditEvent| event.detail.clone().unwrap().split(" up to").next().unwrap().to_owned();
    assert_eq!(
        cuts.iter().map(first_words).collect::<Vec<_>>(),
        ["2000 rows", "2000 rows", "2000 rows", "1000 rows"]
    );
    for _ in 0..10 {
        world.wait(TimeDelta::minutes(10));
        assert_eq!(world.auth.sweep().await.unwrap().audit, 0);
    }
    world.wait(TimeDelta::days(4));
    assert_eq!(world.auth.sweep().await.unwrap().audit, 1);
    let report = world.auth.verify_audit().await.unwrap();
    assert_eq!((report.findings, report.start.unwrap().rows), (vec![], 7_001));
}

//! Importing the old service's accounts.

use crate::world::{World, from, password, world};
use async_trait::async_trait;
use evently_auth_crypto::{HashParams, HasherConfig, HasherPool};
use evently_auth_domain::Auth;
use evently_auth_domain::account::{Identifier, Role, UserId, Username};
use evently_auth_domain::audit::AuditAction;
use evently_auth_domain::error::{StoreError, StoreErrorKind};
use evently_auth_domain::import::LegacyUser;
use evently_auth_domain::password::PasswordHash;
use evently_auth_domain::ports::{AuditLog, LegacyUsers, Users};
use evently_auth_domain::usecases::{
    ImportError, ImportProgress, ImportSummary, ImportUsers, LogIn, LogInError,
};
use std::sync::Arc;

/// The hash that passlib makes of "pässword".
const HASH: &str = "$2b$05$qu8uqI8b5fmaI0XIyZ4/0uZ1e6qNbXvhVISWXYMBPwce/lB8B7ek2";

/// The old service's table in a vector, sorted by id.
struct Table(Vec<LegacyUser>);

#[async_trait]
impl LegacyUsers for Table {
    async fn count(&self) -> Result<u64, StoreError> {
        Ok(self.0.len() as u64)
    }

    async fn after(&self, after: i64, limit: u32) -> Result<Vec<LegacyUser>, StoreError> {
        Ok(self.0.iter().filter(|row| row.id > after).take(limit as usize).cloned().collect())
    }
}

fn row(world: &World, id: i64, name: &str) -> LegacyUser {
    let now = world.auth_now();
    LegacyUser {
        id,
        email: format!("{name}@Example.com"),
        username: name.to_owned(),
        password: PasswordHash::new(HASH),
        full_name: None,
        is_active: true,
        is_verified: true,
        role: "USER".into(),
        created_at: Some(now - chrono::TimeDelta::days(id)),
        updated_at: None,
        last_login: None,
    }
}

impl World {
    fn auth_now(&self) -> evently_auth_domain::Timestamp {
        use evently_auth_domain::ports::Clock;
        self.clock.now()
    }

    /// The summary, and a line for each remark.
    async fn import(
        &self,
        table: &Table,
        dry_run: bool,
        batch_size: u32,
    ) -> (Result<ImportSummary, ImportError>, Vec<String>) {
        let (mut lines, mut seen) = (Vec::new(), 0);
        let options = ImportUsers { batch_size, dry_run };
        let mut report = |progress: ImportProgress<'_>| match progress {
            ImportProgress::Remark(id, remark) => lines.push(format!("{id}: {remark}")),
            ImportProgress::Batch(summary) => {
                assert!(summary.total() > seen, "progress goes on");
                seen = summary.total();
            }
        };
        let result = self.auth.import_users(table, self.memory.store(), options, &mut report).await;
        (result, lines)
    }

    async fn usernames(&self) -> Vec<String> {
        let all = evently_auth_domain::ports::UserFilter {
            query: None,
            role: None,
            is_active: None,
            is_verified: None,
            skip: 0,
            limit: 500,
        };
        let users = self.memory.store().list(&all).await.unwrap().users;
        users.into_iter().map(|user| format!("{} {}", user.id, user.username)).collect()
    }
}

/// Rows of every kind; the lines that are said of them.
fn mixed(world: &World) -> (Table, Vec<String>) {
    let table = Table(vec![
        LegacyUser { ..row(world, -1, "minus") },
        LegacyUser { ..row(world, 1, "Ada") },
        LegacyUser { email: "ADA@example.COM".into(), ..row(world, 2, "ada2") },
        LegacyUser { role: "ADMIN".into(), ..row(world, 3, "bob") },
        LegacyUser { username: "BOB".into(), ..row(world, 4, "other-bob") },
        LegacyUser { email: "nobody".into(), ..row(world, 5, "eve") },
        LegacyUser { username: "ad.min".into(), ..row(world, 60, "joe") },
        LegacyUser { password: PasswordHash::new(""), role: "OWNER".into(), ..row(world, 61, "kim") },
    ]);
    let lines = vec![
        "-1: skipped: its id is not positive",
        "2: conflict: its email belongs to account 1",
        "4: conflict: its username belongs to account 3",
        "5: skipped: its email is no address that mail could reach",
        "60: adjusted: its username breaks the rules here and became ad-min-60; its owner can sign in by address",
        "61: adjusted: its hashed_password is no bcrypt or Argon2id hash; its owner has to reset the password",
        "61: adjusted: its role is unknown here; it is a plain user",
    ];
    (table, lines.into_iter().map(str::to_owned).collect())
}

const MIXED: ImportSummary = ImportSummary { imported: 4, already_there: 0, conflicts: 2, skipped: 2 };

#[tokio::test]
async fn whoever_can_be_brought_is_brought_and_the_others_are_named() {
    for batch_size in [0, 1, 2, 3, 100] {
        let world = world();
        let (table, lines) = mixed(&world);
        let (summary, said) = world.import(&table, false, batch_size).await;
        assert_eq!((summary.unwrap(), said), (MIXED, lines), "batches of {batch_size}");
        assert_eq!(world.usernames().await, ["1 ada", "3 bob", "60 ad-min-60", "61 kim"]);
        let bob = world.memory.store().find(UserId(3)).await.unwrap().unwrap();
        assert_eq!((bob.role, bob.created_at), (Role::Admin, world.auth_now() - chrono::TimeDelta::days(3)));
    }
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_changes_nothing() {
    for batch_size in [1, 2, 100] {
        let world = world();
        let (table, lines) = mixed(&world);
        let (summary, said) = world.import(&table, true, batch_size).await;
        assert_eq!((summary.unwrap(), said), (MIXED, lines), "batches of {batch_size}");
        assert!(world.usernames().await.is_empty());
        assert!(world.memory.store().rows(0, 10).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_second_run_brings_what_is_missing_and_nothing_else() {
    let world = world();
    let (mut table, _) = mixed(&world);
    let last = table.0.pop().unwrap();
    world.import(&table, false, 3).await.0.unwrap();
    table.0.push(last);
    for (dry_run, imported) in [(true, 1), (false, 1), (true, 0), (false, 0)] {
        let (summary, said) = world.import(&table, dry_run, 2).await;
        let already_there = 4 - imported;
        assert_eq!(summary.unwrap(), ImportSummary { imported, already_there, ..MIXED });
        let adjusted = said.iter().filter(|line| line.contains("adjusted")).count();
        assert_eq!(adjusted, if imported == 1 { 2 } else { 0 }, "of those that were brought: {said:?}");
    }
}

#[tokio::test]
async fn an_interrupted_run_keeps_its_batches_and_is_resumed() {
    let world = world();
    let (table, _) = mixed(&world);
    world.memory.store().fail_after(2, StoreErrorKind::Unavailable);
    let (result, _) = world.import(&table, false, 2).await;
    assert!(matches!(result, Err(ImportError::Store(error)) if error.kind == StoreErrorKind::Unavailable));
    assert_eq!(world.usernames().await, ["1 ada", "3 bob"]);
    let (summary, _) = world.import(&table, false, 2).await;
    assert_eq!(summary.unwrap(), ImportSummary { imported: 2, already_there: 2, ..MIXED });
}

#[tokio::test]
async fn every_batch_that_brought_somebody_is_in_the_audit() {
    let world = world();
    let (table, _) = mixed(&world);
    world.import(&table, false, 3).await.0.unwrap();
    let events = world.memory.store().rows(0, 10).await.unwrap();
    let events: Vec<_> =
        events.into_iter().map(|row| (row.event.action, row.event.detail.unwrap())).collect();
    let event = |detail: &str| (AuditAction::UsersImported, detail.to_owned());
    let expected = ["1 imported, ids 1 to 1", "1 imported, ids 3 to 3", "2 imported, ids 60 to 61"];
    assert_eq!(events, expected.map(event));
}

/// With the hasher of the service: the memory's own makes no bcrypt hashes.
fn with_real_hashes(world: &World) -> Auth {
    let mut ports = world.memory.ports();
    let params = HashParams::Argon2id { memory_kib: 64, iterations: 1, parallelism: 1 };
    ports.password_hasher =
        Arc::new(HasherPool::new(HasherConfig::new(params), ports.entropy.clone()).unwrap());
    Auth::new(ports, world.memory.settings().clone(), world.memory.keys().clone())
}

#[tokio::test]
async fn imported_people_sign_in_with_their_old_passwords_and_are_rehashed() {
    let world = world();
    let table = Table(vec![row(&world, 1, "ada"), row(&world, 2, "bob")]);
    world.import(&table, false, 10).await.0.unwrap();
    let auth = with_real_hashes(&world);
    let log_in = |text: &str| LogIn {
        identifier: Identifier::Username(Username::parse("ada").unwrap()),
        password: password(text),
        devices: vec![],
    };
    let hash = async |id| {
        let found = world.memory.store().find_credentials(&Identifier::Id(UserId(id))).await.unwrap();
        found.unwrap().password.expose().to_owned()
    };
    let wrong = auth.log_in(log_in("password"), &from("192.0.2.1")).await;
    assert!(matches!(wrong, Err(LogInError::InvalidCredentials)));
    assert_eq!(hash(1).await, HASH);
    for _ in 0..2 {
        auth.log_in(log_in("pässword"), &from("192.0.2.1")).await.unwrap();
        assert!(hash(1).await.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
    }
    assert_eq!(hash(2).await, HASH, "nobody else's");
    let (summary, _) = world.import(&table, false, 10).await;
    assert_eq!(summary.unwrap().already_there, 2);
    assert!(hash(1).await.starts_with("$argon2id$"), "a second run takes nothing back");
}

#[tokio::test]
async fn who_was_never_verified_has_a_day_and_who_has_no_hash_no_password() {
    let world = world();
    let table = Table(vec![
        LegacyUser { is_verified: false, ..row(&world, 1, "ada") },
        LegacyUser { is_verified: false, is_active: false, ..row(&world, 2, "bob") },
        LegacyUser { password: PasswordHash::new("hunter2 in clear"), ..row(&world, 3, "eve") },
    ]);
    world.import(&table, false, 10).await.0.unwrap();
    let eve = world.memory.store().find_credentials(&Identifier::Id(UserId(3))).await.unwrap().unwrap();
    assert_eq!(eve.password.expose(), "!");
    world.clock.advance(chrono::TimeDelta::hours(25));
    world.auth.sweep().await.unwrap();
    assert_eq!(world.usernames().await, ["2 bob", "3 eve"]);
}

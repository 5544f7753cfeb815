//! Clauses of `UserImports`.

use crate::given::{self, INSTANT, at, email, full_name, session, user, username};
use crate::{ImportHarness, race};
use evently_auth_domain::account::{Credentials, Identifier, Role, User, UserId};
use evently_auth_domain::audit::{AuditAction, AuditEvent, AuditOutcome};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::import::{ImportVerdict, Obstacle};
use evently_auth_domain::password::PasswordHash;
use evently_auth_domain::ports::{CreatedUser, DeletedUser, Opened, UnchangedPassword, UserChange};
use std::collections::HashSet;

/// Tests an adapter of `UserImports`, given an async function that makes a fresh
/// [`ImportHarness`](crate::ImportHarness).
#[macro_export]
macro_rules! user_imports {
    ($fresh:expr) => {
        $crate::clauses!($fresh, user_imports: [
            an_imported_account_is_found_as_it_came,
            an_imported_account_can_sign_in,
            a_second_import_changes_nothing,
            what_was_changed_here_stays,
            an_address_is_not_taken_away,
            a_username_is_not_taken_away,
            an_id_is_not_taken_away,
            everything_in_the_way_is_named,
            of_two_in_one_batch_the_first_gets_in,
            an_id_of_a_deleted_account_is_not_used_again,
            later_accounts_get_higher_ids,
            each_batch_is_one_event,
            a_batch_that_brings_nobody_is_none,
            a_look_says_the_same_and_changes_nothing,
            a_batch_may_be_large,
            imports_at_once_bring_each_account_once,
            imports_and_registrations_share_nothing,
        ]);
    };
}

/// An account to import, verified, registered at `at(id)`.
fn account(id: i64, name: &str) -> Credentials {
    let user = User {
        id: UserId(id),
        email: email(name),
        username: username(name),
        full_name: None,
        is_active: true,
        is_verified: true,
        role: Role::User,
        created_at: at(id),
        updated_at: at(id),
        last_login: None,
        pending_email: None,
        claim_expires_at: None,
    };
    Credentials { user, password: given::other_password() }
}

impl ImportHarness {
    async fn import(&self, accounts: &[Credentials]) -> Vec<ImportVerdict> {
        self.imports.import(accounts.to_vec(), at(100)).await.unwrap()
    }

    async fn credentials(&self, id: i64) -> Option<Credentials> {
        self.store.users.find_credentials(&Identifier::Id(UserId(id))).await.unwrap()
    }

    async fn count(&self) -> u64 {
        self.store.users.list(&given::everybody()).await.unwrap().total
    }
}

fn conflict(obstacle: Obstacle) -> Vec<ImportVerdict> {
    vec![ImportVerdict::Conflict(vec![obstacle])]
}

/// By id, address and username; to the microsecond, and its hash to the byte.
pub async fn an_imported_account_is_found_as_it_came(given: ImportHarness) {
    let plain = account(7, "plain");
    let mut full = account(1_000_007, "full");
    full.password = PasswordHash::new("$2b$12$./abcdefghijklmnopqrstu/0123456789ABCDEFGHIJKLMNOPQR");
    full.user = User {
        full_name: full_name("Zoë 'O%_\\ 🦀"),
        is_active: false,
        is_verified: false,
        role: Role::Admin,
        created_at: at(-1_000_000_000) + INSTANT,
        updated_at: at(1) - INSTANT,
        last_login: Some(at(2) + INSTANT),
        claim_expires_at: Some(at(3) - INSTANT),
        ..full.user
    };
    let verdicts = given.import(&[plain.clone(), full.clone()]).await;
    assert_eq!(verdicts, [ImportVerdict::Imported, ImportVerdict::Imported]);
    for account in [plain, full] {
        let Credentials { user, .. } = &account;
        for identifier in [
            Identifier::Id(user.id),
            Identifier::Email(user.email.clone()),
            Identifier::Username(user.username.clone()),
        ] {
            let found = given.store.users.find_credentials(&identifier).await.unwrap();
            assert_eq!(found.as_ref(), Some(&account));
            assert_eq!(found.unwrap().password.expose(), account.password.expose());
        }
    }
}

/// With the hash that it came with.
pub async fn an_imported_account_can_sign_in(given: ImportHarness) {
    let account = account(7, "ada");
    given.import(std::slice::from_ref(&account)).await;
    let password =
        UnchangedPassword { verified: account.password.clone(), rehashed: Some(given::password()) };
    let opened = given.store.sessions.open(session(&account.user, 1), password, Effects::default()).await;
    assert!(matches!(opened.unwrap(), Opened::Opened(_)));
    assert_eq!(given.credentials(7).await.unwrap().password, given::password());
}

/// Of nothing at all.
pub async fn a_second_import_changes_nothing(given: ImportHarness) {
    let batch = [account(1, "ada"), account(2, "bob")];
    given.import(&batch).await;
    let second = given.imports.import(batch.to_vec(), at(200)).await.unwrap();
    assert_eq!(second, [ImportVerdict::AlreadyThere, ImportVerdict::AlreadyThere]);
    assert_eq!(given.credentials(1).await.as_ref(), Some(&batch[0]));
    assert_eq!(given.store.audit().await.len(), 1);
}

/// Also the address, by which the account can no longer be known.
pub async fn what_was_changed_here_stays(given: ImportHarness) {
    let account = account(1, "ada");
    given.import(std::slice::from_ref(&account)).await;
    for change in [
        UserChange { password: Some(given::password()), ..UserChange::default() },
        UserChange { is_active: Some(false), ..UserChange::default() },
        UserChange {
            email: Some(email("countess")),
            username: Some(username("countess")),
            ..UserChange::default()
        },
    ] {
        let change = UserChange { at: at(50), ..change };
        given.store.users.change(UserId(1), change, Effects::default()).await.unwrap();
        let changed = given.credentials(1).await;
        assert_eq!(given.import(std::slice::from_ref(&account)).await, [ImportVerdict::AlreadyThere]);
        assert_eq!(given.credentials(1).await, changed);
    }
}

/// The holder is named, and the rest of the batch gets in.
pub async fn an_address_is_not_taken_away(given: ImportHarness) {
    let holder = given.store.add(user("ada")).await;
    let mut rival = account(holder.id.0 + 10, "rival");
    rival.user.email = email("ada");
    let verdicts = given.import(&[rival, account(holder.id.0 + 11, "bob")]).await;
    let conflict = ImportVerdict::Conflict(vec![Obstacle::Email(holder.id)]);
    assert_eq!(verdicts, [conflict, ImportVerdict::Imported]);
    assert_eq!(given.store.users.find(holder.id).await.unwrap(), Some(holder));
    assert_eq!(given.count().await, 2);
}

/// The holder is named.
pub async fn a_username_is_not_taken_away(given: ImportHarness) {
    let holder = given.store.add(user("ada")).await;
    let mut rival = account(holder.id.0 + 10, "rival");
    rival.user.username = username("ada");
    assert_eq!(given.import(&[rival]).await, conflict(Obstacle::Username(holder.id)));
    assert_eq!(given.count().await, 1);
}

/// Whoever has it was registered here.
pub async fn an_id_is_not_taken_away(given: ImportHarness) {
    let holder = given.store.add(user("ada")).await;
    let rival = account(holder.id.0, "bob");
    assert_eq!(given.import(&[rival]).await, conflict(Obstacle::Id));
    assert_eq!(given.store.users.find(holder.id).await.unwrap(), Some(holder));
}

/// In one go, so that an operator corrects once.
pub async fn everything_in_the_way_is_named(given: ImportHarness) {
    let ada = given.store.add(user("ada")).await;
    let bob = given.store.add(user("bob")).await;
    let mut rival = account(ada.id.0, "rival");
    rival.user.email = email("bob");
    rival.user.username = username("ada");
    let obstacles = vec![Obstacle::Id, Obstacle::Email(bob.id), Obstacle::Username(ada.id)];
    assert_eq!(given.import(&[rival]).await, [ImportVerdict::Conflict(obstacles)]);
}

/// Addresses that the old service told apart by their case are one here.
pub async fn of_two_in_one_batch_the_first_gets_in(given: ImportHarness) {
    let mut second = account(2, "bob");
    second.user.email = email("ada");
    let mut third = account(3, "eve");
    third.user.username = username("ada");
    let verdicts = given.import(&[account(1, "ada"), second, third, account(4, "bob")]).await;
    let conflict = |obstacle| ImportVerdict::Conflict(vec![obstacle]);
    let (email, username) = (Obstacle::Email(UserId(1)), Obstacle::Username(UserId(1)));
    let expected = [ImportVerdict::Imported, conflict(email), conflict(username), ImportVerdict::Imported];
    assert_eq!(verdicts, expected);
    assert_eq!(given.count().await, 2);
}

/// Somebody meant it to be gone, and its id stands in other services' data.
pub async fn an_id_of_a_deleted_account_is_not_used_again(given: ImportHarness) {
    let account = account(1, "ada");
    given.import(std::slice::from_ref(&account)).await;
    let event = |outcome, subject| AuditEvent {
        outcome,
        subject: Some(UserId(subject)),
        ..given::event(AuditAction::UserDeleted)
    };
    given.store.outbox.put(Effects::audit(event(AuditOutcome::Failure, 2))).await.unwrap();
    let deletion = Effects::audit(event(AuditOutcome::Success, 1));
    assert_eq!(given.store.users.delete(UserId(1), deletion).await.unwrap(), DeletedUser::Deleted);
    let verdicts = given.import(&[account, self::account(2, "bob")]).await;
    let retired = ImportVerdict::Conflict(vec![Obstacle::Retired]);
    assert_eq!(verdicts, [retired, ImportVerdict::Imported]);
}

/// Also after a batch of lower ones.
pub async fn later_accounts_get_higher_ids(given: ImportHarness) {
    given.import(&[account(5_000, "ada")]).await;
    let bob = given.store.add(user("bob")).await;
    assert!(bob.id.0 > 5_000, "{}", bob.id);
    given.import(&[account(17, "eve")]).await;
    let joe = given.store.add(user("joe")).await;
    assert!(joe.id > bob.id);
    given.import(&[account(i64::from(i32::MAX) + 10, "kim")]).await;
    assert!(given.store.add(user("lea")).await.id.0 > i64::from(i32::MAX) + 10);
}

/// That says how many, and which.
pub async fn each_batch_is_one_event(given: ImportHarness) {
    given.import(&[account(3, "ada"), account(5, "bob"), account(9, "ada")]).await;
    let audit = given.store.audit().await;
    let [record] = audit.as_slice() else { panic!("{} events", audit.len()) };
    let event = AuditEvent::local(AuditAction::UsersImported, AuditOutcome::Success, at(100));
    assert_eq!(record.event, event.with("2 imported, ids 3 to 5"));
    assert!(given::audit_key().proves_row(record));
}

/// Nor is no batch at all.
pub async fn a_batch_that_brings_nobody_is_none(given: ImportHarness) {
    let holder = given.store.add(user("ada")).await;
    given.import(&[account(holder.id.0, "bob")]).await;
    assert_eq!(given.import(&[]).await, []);
    assert_eq!(given.store.audit().await, []);
}

/// It is what a dry run goes by.
pub async fn a_look_says_the_same_and_changes_nothing(given: ImportHarness) {
    let holder = given.store.add(user("ada")).await;
    let there = account(holder.id.0 + 1, "bob");
    given.import(std::slice::from_ref(&there)).await;
    let mut rival = account(holder.id.0 + 2, "rival");
    rival.user.username = username("ada");
    let batch = [account(holder.id.0, "eve"), there, rival, account(holder.id.0 + 3, "joe")];
    let mut standing = given.imports.standing(&batch).await.unwrap();
    let looked: Vec<_> = batch.iter().map(|account| standing.judge(&account.user)).collect();
    assert_eq!(given.count().await, 2);
    assert_eq!(given.store.audit().await.len(), 1);
    assert_eq!(given.import(&batch).await, looked);
    assert_eq!(looked[3], ImportVerdict::Imported);
}

/// Five thousand, half of which are there.
pub async fn a_batch_may_be_large(given: ImportHarness) {
    let all: Vec<_> = (1..=5_000).map(|id| account(id, &format!("user-{id}"))).collect();
    assert!(given.import(&all[..2_500]).await.iter().all(|verdict| *verdict == ImportVerdict::Imported));
    let verdicts = given.import(&all).await;
    assert!(verdicts[..2_500].iter().all(|verdict| *verdict == ImportVerdict::AlreadyThere));
    assert!(verdicts[2_500..].iter().all(|verdict| *verdict == ImportVerdict::Imported));
    assert_eq!(given.count().await, 5_000);
}

/// Somebody started the command twice.
pub async fn imports_at_once_bring_each_account_once(given: ImportHarness) {
    let batch: Vec<_> = (1..=50).map(|id| account(id, &format!("user-{id}"))).collect();
    let verdicts = race(4, |_| {
        let (imports, batch) = (given.imports.clone(), batch.clone());
        async move { imports.import(batch, at(100)).await.unwrap() }
    })
    .await;
    let imported = verdicts.iter().flatten().filter(|verdict| **verdict == ImportVerdict::Imported).count();
    let there = verdicts.iter().flatten().filter(|verdict| **verdict == ImportVerdict::AlreadyThere).count();
    assert_eq!((imported, there), (50, 150));
    assert_eq!(given.count().await, 50);
}

/// No id, address or username; and nobody is turned away for the time of an import.
pub async fn imports_and_registrations_share_nothing(given: ImportHarness) {
    let ids = race(8, |number| {
        let (users, imports) = (given.store.users.clone(), given.imports.clone());
        async move {
            if number % 2 == 0 {
                let batch: Vec<_> = (1..=10).map(|n| number as i64 * 10 + n).collect();
                let accounts = batch.iter().map(|id| account(*id, &format!("old-{id}"))).collect();
                let verdicts = imports.import(accounts, at(100)).await.unwrap();
                let got = |(id, verdict)| (verdict == ImportVerdict::Imported).then_some(UserId(id));
                batch.into_iter().zip(verdicts).filter_map(got).collect::<Vec<_>>()
            } else {
                match users.create(user(&format!("new-{number}")), Effects::default()).await.unwrap() {
                    CreatedUser::Created(user) => vec![user.id],
                    CreatedUser::Taken => panic!("nobody has these"),
                }
            }
        }
    })
    .await;
    let ids: Vec<_> = ids.into_iter().flatten().collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    assert_eq!(given.count().await, ids.len() as u64);
    given.store.add(user("one-more")).await;
}

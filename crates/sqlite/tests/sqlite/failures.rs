//! What a caller is told when something breaks, and that nothing is left of a step that failed.

use crate::{Database, number, open};
use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use evently_auth_contract::given;
use evently_auth_domain::account::{Identifier, Role};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreErrorKind;
use evently_auth_domain::ports::{ChangedUser, Outbox, Probe, Sessions, UserChange, Users};

#[tokio::test]
async fn a_step_whose_effect_fails_did_not_happen() {
    let database = Database::new().await;
    let mail = given::notice(0);
    let effects = given::effects().mail(mail.clone()).mail(mail);
    let failure = database.store.create(given::user("ada"), effects).await.unwrap_err();
    assert_eq!(failure.kind, StoreErrorKind::Corrupt);
    let mut raw = database.raw();
    for table in ["users", "outbox", "audit_log"] {
        assert_eq!(number(&mut raw, &format!("SELECT count(*) AS number FROM {table}")), 0, "{table}");
    }
    database.add(given::user("ada")).await;
}

#[tokio::test]
async fn a_lock_that_is_never_released_is_contention_and_readers_do_not_mind() {
    let database = Database::new().await;
    let ada = database.add(given::user("ada")).await;
    let mut other = database.raw();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let write = database.store.create(given::user("bob"), Effects::default());
    let (write, read) = tokio::join!(write, Users::find(&database.store, ada.id));
    assert_eq!(write.unwrap_err().kind, StoreErrorKind::Contention);
    assert_eq!(read.unwrap(), Some(ada));
    database.store.probe().await.unwrap();
    other.batch_execute("ROLLBACK").unwrap();
    database.add(given::user("bob")).await;
}

/// A server and a command on one file: whoever comes second decides by what the first left behind.
#[tokio::test]
async fn two_processes_settle_their_races() {
    let database = Database::new().await;
    let command = open(&database.file()).await.unwrap();
    let one = database.add(given::admin("one")).await.id;
    let other = database.add(given::admin("other")).await.id;
    let demotion = || UserChange { role: Some(Role::User), at: given::at(1), ..UserChange::default() };
    let results: [ChangedUser; 2] = tokio::try_join!(
        database.store.change(one, demotion(), Effects::default()),
        command.change(other, demotion(), Effects::default()),
    )
    .unwrap()
    .into();
    assert_eq!(results.iter().filter(|result| **result == ChangedUser::LastAdmin).count(), 1);
}

#[tokio::test]
async fn a_row_that_breaks_a_rule_is_named_and_not_shown() {
    let database = Database::new().await;
    let ada = database.add(given::user("ada")).await;
    database.open_session(&ada, 1).await;
    let mut raw = database.raw();
    raw.batch_execute("PRAGMA ignore_check_constraints = ON").unwrap();
    for (sql, table, column, content) in [
        ("UPDATE users SET username = 'no name'", "users", "username", "no name"),
        ("UPDATE users SET username = 'ada', email = 'no address'", "users", "email", "no address"),
        (
            "UPDATE users SET email = 'ada@example.com';
             UPDATE user_sessions SET last_ip_address = 'nowhere'",
            "user_sessions",
            "last_ip_address",
            "nowhere",
        ),
    ] {
        raw.batch_execute(sql).unwrap();
        let failure = Sessions::find(&database.store, &given::sid(1)).await.unwrap_err();
        assert_eq!(failure.kind, StoreErrorKind::Corrupt);
        let message = failure.to_string();
        assert!(message.contains(&format!("{table} 1: {column}")), "{message}");
        assert!(!message.contains(content), "{message}");
    }
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_blocks_nobody() {
    let database = Database::new().await;
    for number in 0..20 {
        let store = database.store.clone();
        let new = given::user(&format!("user{number}"));
        let call = tokio::spawn(async move { store.create(new, Effects::default()).await });
        tokio::task::yield_now().await;
        call.abort();
    }
    let ada = database.add(given::user("ada")).await;
    let found = database.store.find_credentials(&Identifier::Id(ada.id)).await.unwrap();
    assert_eq!(found.unwrap().user, ada);
}

#[tokio::test]
async fn a_mail_that_cannot_be_read_delays_nobody() {
    let database = Database::new().await;
    let effects = Effects::default().mail(given::notice(0)).mail(given::notice(1));
    database.store.put(effects).await.unwrap();
    let mut raw = database.raw();
    raw.batch_execute("UPDATE outbox SET kind = 'riddle' WHERE id = (SELECT min(id) FROM outbox)").unwrap();
    let claim = || database.store.claim(10, TimeDelta::seconds(60), given::at(10));
    assert_eq!(claim().await.unwrap().len(), 1);
    assert_eq!(claim().await.unwrap(), []);
    let dead = number(&mut raw, "SELECT count(*) AS number FROM outbox WHERE status = 'dead'");
    assert_eq!(dead, 1);
}

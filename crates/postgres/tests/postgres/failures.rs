//! What a caller is told when something breaks, and that nothing is left of a step that failed or was given
//! up.

use crate::support::store;
use crate::{Database, number};
use chrono::TimeDelta;
use evently_auth_contract::given;
use evently_auth_domain::account::Identifier;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreErrorKind;
use evently_auth_domain::mail::{Delivery, MailStatus};
use evently_auth_domain::ports::{CreatedUser, Outbox, Probe, Sessions, UserChange, Users};
use evently_auth_postgres::PgServer;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_step_whose_effect_fails_did_not_happen() {
    let database = Database::new().await;
    let mail = given::notice(0);
    let effects = given::effects().mail(mail.clone()).mail(mail);
    let failure = database.store.create(given::user("ada"), effects).await.unwrap_err();
    assert_eq!(failure.kind, StoreErrorKind::Corrupt, "{failure}");
    let raw = database.raw().await;
    for table in ["users", "outbox", "audit_log"] {
        assert_eq!(number(&raw, &format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
    }
    database.add(given::user("ada")).await;
}

#[tokio::test]
async fn a_lock_that_is_never_released_is_contention_and_readers_do_not_mind() {
    let database = Database::new().await;
    let ada = database.add(given::user("ada")).await;
    let other = database.raw().await;
    other.batch_execute("BEGIN; UPDATE users SET updated_at = updated_at").await.unwrap();
    let start = Instant::now();
    let change = UserChange { at: given::at(1), ..UserChange::default() };
    let write = database.store.change(ada.id, change, Effects::default());
    let (write, read) = tokio::join!(write, Users::find(&database.store, ada.id));
    assert_eq!(write.unwrap_err().kind, StoreErrorKind::Contention);
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(read.unwrap().as_ref(), Some(&ada));
    database.store.probe().await.unwrap();
    other.batch_execute("ROLLBACK").await.unwrap();
    database.open_session(&ada, 1).await;
}

/// The server itself gives up on a statement, before the caller does.
#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended_on_the_server() {
    let database = Database::new().await;
    let ada = database.add(given::user("ada")).await;
    let raw = database.raw().await;
    let slow = "ALTER TABLE users RENAME TO people;
        CREATE VIEW users AS SELECT people.* FROM people, pg_sleep(60)";
    raw.batch_execute(slow).await.unwrap();
    let start = Instant::now();
    let failure = Users::find(&database.store, ada.id).await.unwrap_err();
    assert_eq!(failure.kind, StoreErrorKind::Unavailable);
    assert!(failure.to_string().contains("statement timeout"), "{failure}");
    assert!(start.elapsed() < Duration::from_secs(5));
    let running = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND backend_type = 'client backend' AND state = 'active'
            AND pid <> pg_backend_pid()";
    // The server says that it gave up a moment before it calls itself idle; the statement itself would take a minute.
    while number(&raw, running).await > 0 {
        assert!(start.elapsed() < Duration::from_secs(20), "it goes on");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A program that knows nothing of our locks got the address first.
#[tokio::test]
async fn an_address_that_is_taken_meanwhile_is_taken() {
    let database = Database::new().await;
    let other = database.raw().await;
    let insert = "BEGIN; INSERT INTO users (email, username, hashed_password, is_active, is_verified, role,
            created_at, updated_at)
        VALUES ('ada@example.com', 'other', 'x', true, true, 'user', now(), now())";
    other.batch_execute(insert).await.unwrap();
    let creating = database.store.clone();
    let created = tokio::spawn(async move { creating.create(given::user("ada"), given::effects()).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    other.batch_execute("COMMIT").await.unwrap();
    assert_eq!(created.await.unwrap().unwrap(), CreatedUser::Taken);
    assert_eq!(number(&other, "SELECT count(*) FROM audit_log").await, 0);
}

#[tokio::test]
async fn a_row_that_breaks_a_rule_is_named_and_not_shown() {
    let database = Database::new().await;
    let ada = database.add(given::user("ada")).await;
    database.open_session(&ada, 1).await;
    let raw = database.raw().await;
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
        raw.batch_execute(sql).await.unwrap();
        let failure = Sessions::find(&database.store, &given::sid(1)).await.unwrap_err();
        assert_eq!(failure.kind, StoreErrorKind::Corrupt);
        let message = failure.to_string();
        assert!(message.contains(&format!("{table} 1: {column}")), "{message}");
        assert!(!message.contains(content), "{message}");
    }
}

#[tokio::test]
async fn a_failure_shows_neither_data_nor_password() {
    let database = Database::new().await;
    let server = PgServer {
        host: "127.0.0.1".to_owned(),
        port: 1,
        password: Some("hunter2".to_owned()),
        ..database.server.clone()
    };
    let away = store(&server).probe().await.unwrap_err();
    assert_eq!(away.kind, StoreErrorKind::Unavailable);
    assert!(away.to_string().contains("127.0.0.1:1"), "{away}");
    assert!(!format!("{away} {away:?}").contains("hunter2"));

    let raw = database.raw().await;
    raw.batch_execute("ALTER TABLE users ADD CHECK (email <> 'ada@example.com')").await.unwrap();
    let refused = database.store.create(given::user("ada"), Effects::default()).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Corrupt);
    assert!(!format!("{refused} {refused:?}").contains("ada"), "{refused:?}");
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_leaves_nothing_behind() {
    let database = Database::new().await;
    for number in 0..100u64 {
        let store = database.store.clone();
        let new = given::user(&format!("user{number}"));
        let call = tokio::spawn(async move { store.create(new, given::effects()).await });
        tokio::time::sleep(Duration::from_micros(number * 40)).await;
        call.abort();
    }
    let ada = database.add(given::user("ada")).await;
    let found = database.store.find_credentials(&Identifier::Id(ada.id)).await.unwrap();
    assert_eq!(found.unwrap().user, ada);
    let raw = database.raw().await;
    let transactions = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    for _ in 0..50 {
        if number(&raw, transactions).await == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(number(&raw, transactions).await, 0);
    let accounts = number(&raw, "SELECT count(*) FROM users WHERE username <> 'ada'").await;
    assert_eq!(number(&raw, "SELECT count(*) FROM audit_log").await, accounts);
    assert_eq!(number(&raw, "SELECT count(*) FROM outbox").await, accounts);
}

#[tokio::test]
async fn a_mail_that_cannot_be_read_delays_nobody() {
    let database = Database::new().await;
    let effects = Effects::default().mail(given::notice(0)).mail(given::notice(1));
    database.store.put(effects).await.unwrap();
    let raw = database.raw().await;
    let riddle = "UPDATE outbox SET kind = 'riddle' WHERE id = (SELECT min(id) FROM outbox)";
    raw.batch_execute(riddle).await.unwrap();
    let claim = || database.store.claim(10, TimeDelta::seconds(60), given::at(10));
    assert_eq!(claim().await.unwrap().len(), 1);
    assert_eq!(claim().await.unwrap(), []);
    assert_eq!(number(&raw, "SELECT count(*) FROM outbox WHERE status = 'dead'").await, 1);
}

/// Not even when it cannot be put aside.
#[tokio::test]
async fn a_mail_that_cannot_be_put_aside_delays_nobody() {
    let database = Database::new().await;
    let effects = Effects::default().mail(given::notice(0)).mail(given::notice(1));
    database.store.put(effects).await.unwrap();
    let raw = database.raw().await;
    let riddle = "UPDATE outbox SET kind = 'riddle' WHERE id = (SELECT min(id) FROM outbox);
        ALTER TABLE outbox ADD CHECK (status <> 'dead')";
    raw.batch_execute(riddle).await.unwrap();
    let jobs = database.store.claim(10, TimeDelta::seconds(60), given::at(10)).await.unwrap();
    assert_eq!(jobs.len(), 1, "whoever claimed it has to get it");
}

/// A mail server may say anything.
#[tokio::test]
async fn a_reason_may_contain_any_character() {
    let database = Database::new().await;
    database.store.put(Effects::default().mail(given::notice(0))).await.unwrap();
    let job = database.store.claim(1, TimeDelta::seconds(60), given::at(10)).await.unwrap().remove(0);
    let dead = Delivery::Dead { reason: "550 \0 no".to_owned() };
    assert!(database.store.settle(&job, dead).await.unwrap());
    let listed = Outbox::list(&database.store, Some(MailStatus::Dead), 1).await.unwrap().remove(0);
    assert_eq!(listed.last_error.unwrap(), "550 \u{fffd} no");
}

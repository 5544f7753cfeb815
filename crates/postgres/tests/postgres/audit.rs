//! Rows and seals of the audit are written once: the database itself refuses everything else.

use crate::{Database, number, refusal};
use evently_auth_contract::given;
use evently_auth_domain::audit::{AuditAction, AuditSide};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{AuditLog, Outbox};
use tokio_postgres::Client;

const ZEROS: &str = "decode(repeat('00', 32), 'hex')";

/// Two rows, of which the first is sealed.
async fn database() -> (Database, Client) {
    let database = Database::new().await;
    for action in [AuditAction::LoggedIn, AuditAction::LoggedOut] {
        database.store.put(Effects::audit(given::event(action))).await.unwrap();
    }
    let first = database.store.unsealed(1).await.unwrap();
    let seal = given::seal(None, &first);
    assert!(database.store.append_seal(0, seal.clone(), given::end(&seal)).await.unwrap());
    let raw = database.raw().await;
    (database, raw)
}

async fn refuses(raw: &Client, sql: &str, reason: &str) {
    let refusal = refusal(raw, sql).await;
    assert!(refusal.contains(reason), "{sql}: {refusal}");
}

#[tokio::test]
async fn a_row_cannot_be_changed() {
    let (database, raw) = database().await;
    let before = database.store.rows(0, 10).await.unwrap();
    for change in [
        "at = at + interval '1 microsecond'",
        "action = 'account.registered'",
        "outcome = 'failure'",
        "actor = 7",
        "subject = 7",
        "sid = 'x'",
        "ip_address = NULL",
        "user_agent = NULL",
        "request_id = 'x'",
        "detail = 'x'",
        &format!("mac = {ZEROS}"),
    ] {
        for id in [1, 2] {
            let sql = format!("UPDATE audit_log SET {change} WHERE id = {id}");
            refuses(&raw, &sql, "sealed once and never changed").await;
        }
    }
    refuses(&raw, "UPDATE audit_log SET id = 77 WHERE id = 2", "can only be updated to DEFAULT").await;
    refuses(&raw, "UPDATE audit_log SET id = DEFAULT WHERE id = 2", "sealed once and never changed").await;
    assert_eq!(database.store.rows(0, 10).await.unwrap(), before);
}

#[tokio::test]
async fn a_row_is_sealed_once() {
    let (_database, raw) = database().await;
    for sealed_by in ["NULL", "1", "2"] {
        let sql = format!("UPDATE audit_log SET sealed_by = {sealed_by} WHERE id = 1");
        refuses(&raw, &sql, "sealed once and never changed").await;
    }
    refuses(&raw, "UPDATE audit_log SET sealed_by = 9 WHERE id = 2", "foreign key").await;
    raw.batch_execute("UPDATE audit_log SET sealed_by = 1 WHERE id = 2").await.unwrap();
}

#[tokio::test]
async fn a_row_cannot_be_removed_or_replaced() {
    let (_database, raw) = database().await;
    for sql in [
        "DELETE FROM audit_log",
        "DELETE FROM audit_log WHERE id = 2",
        "TRUNCATE audit_log",
        "TRUNCATE audit_seals CASCADE",
    ] {
        refuses(&raw, sql, "never deleted").await;
    }
    let replacement = format!(
        "INSERT INTO audit_log (id, at, action, outcome, mac) OVERRIDING SYSTEM VALUE
        VALUES (2, now(), 'session.logged_in', 'success', {ZEROS})
        ON CONFLICT (id) DO UPDATE SET action = 'x'"
    );
    refuses(&raw, &replacement, "never changed").await;
    assert_eq!(number(&raw, "SELECT count(*) FROM audit_log").await, 2);
}

#[tokio::test]
async fn a_seal_stays_as_it_is() {
    let (_database, raw) = database().await;
    for change in ["number = 2", "covers = ''", "at = now()", &format!("mac = {ZEROS}")] {
        refuses(&raw, &format!("UPDATE audit_seals SET {change}"), "never changed").await;
    }
    refuses(&raw, "DELETE FROM audit_seals", "never deleted").await;
}

/// They move with their seals; what the start covers may go, and nothing else.
#[tokio::test]
async fn the_ends_move_with_their_seals() {
    let (database, raw) = database().await;
    let rest = database.store.unsealed(10).await.unwrap();
    let last = database.store.last_seal().await.unwrap().unwrap();
    let second = given::seal(Some(&last), &rest);
    assert!(database.store.append_seal(1, second.clone(), given::end(&second)).await.unwrap());
    for sql in [
        "DELETE FROM audit_ends",
        "TRUNCATE audit_ends",
        "UPDATE audit_ends SET number = 1",
        "UPDATE audit_ends SET number = 3",
        "UPDATE audit_ends SET which = 'start'",
        "INSERT INTO audit_ends SELECT 'start', number, digest, 0, 0, at, mac FROM audit_ends",
        "INSERT INTO audit_ends SELECT 'start', 1, digest, 0, 0, at, mac FROM audit_ends",
        "INSERT INTO audit_ends SELECT 'other', number, digest, 0, 0, at, mac FROM audit_ends",
    ] {
        let refusal = refusal(&raw, sql).await;
        assert!(
            refusal.contains("moved with its seal") || refusal.contains("never deleted"),
            "{sql}: {refusal}"
        );
    }
    assert!(database.store.cut(0, given::start(&last, 1), Effects::default()).await.unwrap());
    refuses(&raw, "UPDATE audit_ends SET number = 1 WHERE which = 'start'", "moved with its seal").await;
    for table in ["audit_log", "audit_seals"] {
        refuses(&raw, &format!("DELETE FROM {table}"), "never deleted").await;
        assert_eq!(number(&raw, &format!("SELECT count(*) FROM {table}")).await, 1);
    }
}

#[tokio::test]
async fn a_row_is_covered_by_one_seal() {
    let (database, raw) = database().await;
    let rows = database.store.rows(0, 10).await.unwrap();
    let last = database.store.last_seal().await.unwrap();
    let again = given::seal(last.as_ref(), &rows);
    let appended = database.store.append_seal(1, again.clone(), given::end(&again)).await.unwrap();
    assert!(!appended, "the first row has a seal");
    assert_eq!(number(&raw, "SELECT count(*) FROM audit_seals").await, 1);
    assert_eq!(database.store.unsealed(10).await.unwrap().len(), 1);
}
/// Who may write into the tables can have rows deleted by a start that he put there; it proves nothing, and the owner
/// of the tables takes it away.
#[tokio::test]
async fn a_deletion_below_a_start_of_somebody_else_shows() {
    let (database, raw) = database().await;
    let rest = database.store.unsealed(10).await.unwrap();
    let last = database.store.last_seal().await.unwrap();
    let second = given::seal(last.as_ref(), &rest);
    assert!(database.store.append_seal(1, second.clone(), given::end(&second)).await.unwrap());
    raw.batch_execute(
        "INSERT INTO audit_ends (which, number, digest, row_count, last_row, at, mac)
            SELECT 'start', number, mac, 1, 1, at, mac FROM audit_seals WHERE number = 1;
        DELETE FROM audit_log WHERE sealed_by = 1;
        DELETE FROM audit_seals WHERE number = 1",
    )
    .await
    .unwrap();
    let forged = database.store.ends().await.unwrap().start.unwrap();
    assert!(!given::audit_key().proves_end(AuditSide::Start, &forged));
    let takes_away = "
        BEGIN;
        ALTER TABLE audit_ends DISABLE TRIGGER USER;
        DELETE FROM audit_ends WHERE which = 'start';
        ALTER TABLE audit_ends ENABLE TRIGGER USER;
        COMMIT;";
    raw.batch_execute(takes_away).await.unwrap();
    assert_eq!(database.store.ends().await.unwrap().start, None);
    refuses(&raw, "DELETE FROM audit_ends", "never deleted").await;
}

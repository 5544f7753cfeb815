//! Rows and seals of the audit are written once: the database itself refuses everything else.

use crate::{Database, number};
use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use evently_auth_contract::given;
use evently_auth_domain::audit::{AuditAction, AuditSide};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{AuditLog, Outbox};

/// Two rows, of which the first is sealed.
async fn database() -> (Database, SqliteConnection) {
    let database = Database::new().await;
    for action in [AuditAction::LoggedIn, AuditAction::LoggedOut] {
        database.store.put(Effects::audit(given::event(action))).await.unwrap();
    }
    let first = database.store.unsealed(1).await.unwrap();
    let seal = given::seal(None, &first);
    assert!(database.store.append_seal(0, seal.clone(), given::end(&seal)).await.unwrap());
    let raw = database.raw();
    (database, raw)
}

fn refuses(raw: &mut SqliteConnection, sql: &str, reason: &str) {
    let refusal = raw.batch_execute(sql).expect_err(sql).to_string();
    assert!(refusal.contains(reason), "{sql}: {refusal}");
}

#[tokio::test]
async fn a_row_cannot_be_changed() {
    let (database, mut raw) = database().await;
    let before = database.store.rows(0, 10).await.unwrap();
    for change in [
        "id = 77",
        "rowid = 77",
        "at = at + 1",
        "action = 'account.registered'",
        "outcome = 'failure'",
        "actor = 7",
        "subject = 7",
        "sid = 'x'",
        "ip_address = NULL",
        "user_agent = NULL",
        "request_id = 'x'",
        "detail = 'x'",
        "mac = zeroblob(32)",
    ] {
        for id in [1, 2] {
            let sql = format!("UPDATE audit_log SET {change} WHERE id = {id}");
            refuses(&mut raw, &sql, "sealed once and never changed");
            refuses(&mut raw, &sql.replace("UPDATE", "UPDATE OR REPLACE"), "sealed once and never changed");
        }
    }
    assert_eq!(database.store.rows(0, 10).await.unwrap(), before);
}

#[tokio::test]
async fn a_row_is_sealed_once() {
    let (_database, mut raw) = database().await;
    for sealed_by in ["NULL", "1", "2"] {
        let sql = format!("UPDATE audit_log SET sealed_by = {sealed_by} WHERE id = 1");
        refuses(&mut raw, &sql, "sealed once and never changed");
    }
    let no_such_seal = raw.batch_execute("UPDATE audit_log SET sealed_by = 9 WHERE id = 2").unwrap_err();
    assert!(no_such_seal.to_string().contains("FOREIGN KEY"), "{no_such_seal}");
    raw.batch_execute("UPDATE audit_log SET sealed_by = 1 WHERE id = 2").unwrap();
}

#[tokio::test]
async fn a_row_cannot_be_removed_or_replaced() {
    let (_database, mut raw) = database().await;
    for sql in ["DELETE FROM audit_log", "DELETE FROM audit_log WHERE id = 2"] {
        refuses(&mut raw, sql, "never deleted");
    }
    let columns = "(id, at, action, outcome, mac)";
    let values = "(2, 0, 'session.logged_in', 'success', zeroblob(32))";
    for verb in ["INSERT OR REPLACE", "REPLACE"] {
        refuses(&mut raw, &format!("{verb} INTO audit_log {columns} VALUES {values}"), "never replaced");
    }
    assert_eq!(number(&mut raw, "SELECT count(*) AS number FROM audit_log"), 2);
}

#[tokio::test]
async fn a_seal_stays_as_it_is() {
    let (_database, mut raw) = database().await;
    for change in ["number = 2", "rowid = 2", "covers = x''", "at = 0", "mac = zeroblob(32)"] {
        refuses(&mut raw, &format!("UPDATE audit_seals SET {change}"), "never changed");
    }
    raw.batch_execute("PRAGMA foreign_keys = OFF").unwrap();
    refuses(&mut raw, "DELETE FROM audit_seals", "never deleted");
    let replacement = "REPLACE INTO audit_seals (number, covers, at, mac) VALUES (1, x'', 0, zeroblob(32))";
    refuses(&mut raw, replacement, "never replaced");
}

/// They move with their seals; what the start covers may go, and nothing else.
#[tokio::test]
async fn the_ends_move_with_their_seals() {
    let (database, mut raw) = database().await;
    let rest = database.store.unsealed(10).await.unwrap();
    let last = database.store.last_seal().await.unwrap().unwrap();
    let second = given::seal(Some(&last), &rest);
    assert!(database.store.append_seal(1, second.clone(), given::end(&second)).await.unwrap());
    refuses(&mut raw, "DELETE FROM audit_ends", "never deleted");
    for sql in [
        "UPDATE audit_ends SET number = 1",
        "UPDATE audit_ends SET number = 3",
        "UPDATE audit_ends SET which = 'start'",
        "INSERT INTO audit_ends SELECT 'start', number, digest, 0, 0, at, mac FROM audit_ends",
        "REPLACE INTO audit_ends SELECT which, 1, digest, 0, 0, at, mac FROM audit_ends",
    ] {
        refuses(&mut raw, sql, "moved with its seal");
    }
    assert!(database.store.cut(0, given::start(&last, 1), Effects::default()).await.unwrap());
    let back = "REPLACE INTO audit_ends SELECT which, 1, digest, 0, 0, at, mac FROM audit_ends WHERE which = 'start'";
    refuses(&mut raw, back, "moved with its seal");
    for table in ["audit_log", "audit_seals"] {
        refuses(&mut raw, &format!("DELETE FROM {table} WHERE true"), "never deleted");
        assert_eq!(number(&mut raw, &format!("SELECT count(*) AS number FROM {table}")), 1);
    }
}

#[tokio::test]
async fn a_row_is_covered_by_one_seal() {
    let (database, mut raw) = database().await;
    let rows = database.store.rows(0, 10).await.unwrap();
    let last = database.store.last_seal().await.unwrap();
    let again = given::seal(last.as_ref(), &rows);
    let appended = database.store.append_seal(1, again.clone(), given::end(&again)).await.unwrap();
    assert!(!appended, "the first row has a seal");
    assert_eq!(number(&mut raw, "SELECT count(*) AS number FROM audit_seals"), 1);
    assert_eq!(database.store.unsealed(10).await.unwrap().len(), 1);
}

/// Who may write into the tables can have rows deleted by a start that he put there; it proves nothing.
#[tokio::test]
async fn a_deletion_below_a_start_of_somebody_else_shows() {
    let (database, mut raw) = database().await;
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
    .unwrap();
    let forged = database.store.ends().await.unwrap().start.unwrap();
    assert!(!given::audit_key().proves_end(AuditSide::Start, &forged));
}

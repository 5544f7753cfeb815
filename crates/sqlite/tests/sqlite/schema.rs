//! The tables refuse what the domain would not have written.

use crate::{Database, number};
use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use evently_auth_clock::MovableClock;
use evently_auth_contract::given;
use evently_auth_domain::account::UserId;
use evently_auth_domain::code::{CodeMac, CodeSlot, StoredCode};
use evently_auth_domain::code_note::SealedNote;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{Clock, Codes, Outbox, Users};
use evently_auth_sqlite::SqliteCodes;
use std::sync::Arc;

/// One row in each table but the audit's.
async fn database() -> (Database, SqliteConnection) {
    let database = Database::new().await;
    let ada = database.add(given::user("ada")).await;
    database.open_session(&ada, 1).await;
    database.store.put(given::effects()).await.unwrap();
    let codes = SqliteCodes::new(database.store.clone(), Arc::new(MovableClock::default()));
    let note = Some(SealedNote(vec![3]));
    let code = StoredCode { mac: CodeMac([2; 32]), subject: ada.id, note };
    codes.put(CodeSlot([1; 32]), Some(code)).await.unwrap();
    let raw = database.raw();
    (database, raw)
}

fn refuses(raw: &mut SqliteConnection, table: &str, changes: &[&str], reason: &str) {
    for change in changes {
        let sql = format!("UPDATE {table} SET {change}");
        let refusal = raw.batch_execute(&sql).expect_err(&sql).to_string();
        assert!(refusal.contains(reason), "{sql}: {refusal}");
    }
}

#[tokio::test]
async fn an_account_keeps_the_rules() {
    let (database, mut raw) = database().await;
    let long = [format!("email = '{}'", "a".repeat(255)), format!("full_name = '{}'", "a".repeat(256))];
    refuses(&mut raw, "users", &[&long[0], &long[1]], "CHECK");
    let changes = [
        "id = -1",
        "email = 'Ada@example.com'",
        "email = ''",
        "username = 'Ada'",
        "username = 'ad'",
        "hashed_password = ''",
        "full_name = ''",
        "is_active = 2",
        "is_verified = -1",
        "role = 'root'",
        "pending_email = 'new@example.com'",
        "pending_email = 'New@example.com', pending_email_at = 0",
        "claim_expires_at = 0",
    ];
    refuses(&mut raw, "users", &changes, "CHECK");
    refuses(&mut raw, "users", &["created_at = 'yesterday'", "email = x'00'"], "cannot store");
    refuses(&mut raw, "users", &["email = NULL", "updated_at = NULL"], "NOT NULL");
    database.add(given::user("bob")).await;
    let same = ["email = 'ada@example.com'", "username = 'ada'"];
    refuses(&mut raw, "users", &same, "UNIQUE");
}

#[tokio::test]
async fn a_session_keeps_the_rules() {
    let (_database, mut raw) = database().await;
    let changes = [
        "session_token = 'short'",
        "seed = zeroblob(31)",
        "generation = -1",
        "seen_generation = -1",
        "is_active = 2",
        "user_agent = ''",
        "last_user_agent = ''",
    ];
    refuses(&mut raw, "user_sessions", &changes, "CHECK");
    refuses(&mut raw, "user_sessions", &["user_id = 77"], "FOREIGN KEY");
    refuses(&mut raw, "user_sessions", &["expires_at = NULL"], "NOT NULL");
}

#[tokio::test]
async fn a_code_keeps_the_rules() {
    let (_database, mut raw) = database().await;
    let changes = [
        "slot = zeroblob(31)",
        "code_mac = zeroblob(31)",
        "code_mac = NULL",
        "subject = NULL",
        "code_ends_at = NULL",
        "code_mac = NULL, subject = NULL, code_ends_at = NULL", // but a note
        "attempts = 1",
        "attempts = 0, attempts_until = 0",
    ];
    refuses(&mut raw, "one_time_codes", &changes, "CHECK");
}

#[tokio::test]
async fn a_mail_keeps_the_rules() {
    let (_database, mut raw) = database().await;
    let changes = [
        "priority = 2",
        "status = 'lost'",
        "attempts = -1",
        "status = 'sent'",
        "payload = NULL",
        "status = 'dead', is_claimed = 1",
        "attempts = 1",
        "lease = -1",
    ];
    refuses(&mut raw, "outbox", &changes, "CHECK");
    let twin = "INSERT INTO outbox SELECT id + 1, message_id, kind, priority, recipient, payload, expires_at,
        request_id, created_at, status, attempts, next_attempt_at, lease, is_claimed, last_error FROM outbox";
    assert!(raw.batch_execute(twin).unwrap_err().to_string().contains("UNIQUE"));
}

#[tokio::test]
async fn the_id_of_the_latest_account_is_not_used_again() {
    let database = Database::new().await;
    let ada = database.add(given::user("ada")).await;
    database.store.delete(ada.id, Effects::default()).await.unwrap();
    assert_eq!(database.add(given::user("ada")).await.id, UserId(ada.id.0 + 1));
}

#[tokio::test]
async fn forgotten_codes_are_cleared_away() {
    let database = Database::new().await;
    let clock = MovableClock::default();
    let codes = SqliteCodes::new(database.store.clone(), Arc::new(clock.clone()));
    for slot in 0..120 {
        codes.check(CodeSlot([slot; 32]), CodeMac([0; 32])).await.unwrap();
    }
    let count = "SELECT count(*) AS number FROM one_time_codes";
    let mut raw = database.raw();
    assert_eq!(number(&mut raw, count), 120);
    let start = clock.now();
    clock.advance(evently_auth_domain::code::LIFETIME);
    assert!(clock.now() > start);
    for _ in 0..2 {
        codes.put(CodeSlot([200; 32]), None).await.unwrap();
    }
    assert_eq!(number(&mut raw, count), 0);
}

/// A search for one row, or for the head of a queue, never reads the whole table.
#[tokio::test]
async fn searches_have_an_index() {
    use diesel::prelude::*;
    use diesel::sql_types::Text;

    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }

    let database = Database::new().await;
    let mut raw = database.raw();
    for query in [
        "SELECT * FROM users WHERE email = ? OR username = ?",
        "SELECT * FROM users WHERE pending_email = ? ORDER BY pending_email_at DESC, id DESC",
        "SELECT id FROM users WHERE claim_expires_at <= ? ORDER BY claim_expires_at",
        "SELECT 1 FROM users WHERE role = ? AND is_active = ? AND is_verified = ? AND id <> ?",
        "SELECT * FROM user_sessions JOIN users ON user_id = users.id WHERE session_token = ?",
        "SELECT * FROM user_sessions WHERE user_id = ? AND expires_at > ? ORDER BY created_at DESC, id DESC",
        "SELECT id FROM user_sessions WHERE expires_at <= ? ORDER BY expires_at",
        "SELECT slot FROM one_time_codes WHERE expires_at <= ? ORDER BY expires_at",
        "SELECT id FROM outbox WHERE status = ? AND next_attempt_at <= ? ORDER BY priority, next_attempt_at, created_at, id",
        "SELECT count(*), min(created_at) FROM outbox WHERE status = ?",
        "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox AS mails WHERE mails.payload IS NULL
            AND mails.created_at < ? ORDER BY mails.created_at LIMIT ?)",
        "SELECT * FROM audit_log WHERE sealed_by IS NULL ORDER BY id",
        "SELECT * FROM audit_log WHERE sealed_by = ? AND id > ? ORDER BY id",
        "SELECT * FROM audit_log WHERE (at, id) < (?, ?) ORDER BY at DESC, id DESC",
        "SELECT * FROM audit_log WHERE at < ? ORDER BY at DESC, id DESC",
        "SELECT 1 FROM audit_log WHERE at = ? AND mac = ? AND id <> ? AND sealed_by <= ?",
        "SELECT * FROM audit_log WHERE (at, id) < (?, ?) AND actor = ? ORDER BY at DESC, id DESC",
        "SELECT * FROM audit_log WHERE (at, id) < (?, ?) AND subject = ? ORDER BY at DESC, id DESC",
        "SELECT * FROM audit_log WHERE (at, id) < (?, ?) AND action = ? ORDER BY at DESC, id DESC",
        "SELECT * FROM audit_log WHERE (at, id) < (?, ?) AND outcome = 'failure' ORDER BY at DESC, id DESC",
        "SELECT * FROM audit_log WHERE (at, id) < (?, ?) AND ip_address = ? ORDER BY at DESC, id DESC",
        "SELECT * FROM audit_log WHERE (at, id) < (?, ?) AND request_id = ? ORDER BY at DESC, id DESC",
    ] {
        let plan = diesel::sql_query(format!("EXPLAIN QUERY PLAN {query}")).load::<Step>(&mut raw).unwrap();
        for step in plan {
            let scans = step.detail.starts_with("SCAN") || step.detail.contains("TEMP B-TREE");
            assert!(!scans, "{query}: {}", step.detail);
        }
    }
}

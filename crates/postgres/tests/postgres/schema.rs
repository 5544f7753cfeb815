//! The tables refuse what the domain would not have written.

use crate::{Database, refusal};
use evently_auth_contract::given;
use evently_auth_domain::account::{NewUser, UserId};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{Outbox, Sessions, UserFilter, Users};
use tokio_postgres::Client;

/// One row in each table but the audit's.
async fn database() -> (Database, Client) {
    let database = Database::new().await;
    let ada = database.add(given::user("ada")).await;
    database.open_session(&ada, 1).await;
    database.store.put(given::effects()).await.unwrap();
    let raw = database.raw().await;
    (database, raw)
}

async fn refuses(raw: &Client, table: &str, changes: &[&str], reason: &str) {
    for change in changes {
        let sql = format!("UPDATE {table} SET {change}");
        let refusal = refusal(raw, &sql).await;
        assert!(refusal.contains(reason), "{sql}: {refusal}");
    }
}

#[tokio::test]
async fn an_account_keeps_the_rules() {
    let (database, raw) = database().await;
    let changes = [
        "id = -1",
        "email = 'Ada@example.com'",
        "email = ''",
        "email = repeat('a', 255)",
        "username = 'Ada'",
        "username = 'ad'",
        "hashed_password = ''",
        "full_name = ''",
        "full_name = repeat('a', 256)",
        "role = 'root'",
        "pending_email = 'new@example.com'",
        "pending_email = 'New@example.com', pending_email_at = now()",
        "claim_expires_at = now()",
    ];
    refuses(&raw, "users", &changes, "check constraint").await;
    refuses(&raw, "users", &["email = NULL", "updated_at = NULL", "is_active = NULL"], "not-null").await;
    database.add(given::user("bob")).await;
    let same = ["email = 'ada@example.com'", "username = 'ada'"];
    refuses(&raw, "users", &same, "unique constraint").await;
}

#[tokio::test]
async fn a_session_keeps_the_rules() {
    let (_database, raw) = database().await;
    let changes = [
        "session_token = 'short'",
        "seed = '\\x00'",
        "generation = -1",
        "seen_generation = -1",
        "user_agent = ''",
        "last_user_agent = ''",
    ];
    refuses(&raw, "user_sessions", &changes, "check constraint").await;
    refuses(&raw, "user_sessions", &["user_id = 77"], "foreign key").await;
    refuses(&raw, "user_sessions", &["expires_at = NULL"], "not-null").await;
}

#[tokio::test]
async fn a_mail_keeps_the_rules() {
    let (_database, raw) = database().await;
    let changes = [
        "priority = 2",
        "status = 'lost'",
        "attempts = -1",
        "status = 'sent'",
        "payload = NULL",
        "status = 'dead', is_claimed = true",
        "attempts = 1",
        "lease = -1",
    ];
    refuses(&raw, "outbox", &changes, "check constraint").await;
}

#[tokio::test]
async fn the_id_of_the_latest_account_is_not_used_again() {
    let database = Database::new().await;
    let ada = database.add(given::user("ada")).await;
    database.store.delete(ada.id, Effects::default()).await.unwrap();
    assert_eq!(database.add(given::user("ada")).await.id, UserId(ada.id.0 + 1));
}

/// A deletion in the database itself leaves no session behind.
#[tokio::test]
async fn sessions_go_with_their_account() {
    let (database, raw) = database().await;
    raw.batch_execute("DELETE FROM users").await.unwrap();
    assert_eq!(Sessions::find(&database.store, &given::sid(1)).await.unwrap(), None);
}

/// The one character that PostgreSQL's text does not take is part of nothing.
#[tokio::test]
async fn a_query_may_contain_anything() {
    let (database, _raw) = database().await;
    for (query, expected) in [("\0", 0), ("a\0", 0), ("\u{1f600}", 0), ("ada", 1)] {
        let filter = UserFilter { query: Some(query.to_owned()), ..given::everybody() };
        assert_eq!(Users::list(&database.store, &filter).await.unwrap().total, expected, "{query:?}");
    }
}

/// In Turkish, `I` is not the capital of `i`.
#[tokio::test(flavor = "multi_thread")]
async fn a_query_finds_names_without_case_in_a_database_of_any_language() {
    let database = Database::turkish().await;
    database.store.migrate_up().await.unwrap();
    let new = NewUser { full_name: given::full_name("IRIS Çelik"), ..given::user("iris") };
    database.add(new).await;
    for query in ["iris", "IRIS", "IRIS@EXAMPLE", "Iris Ç", "çelik", "ÇELİK"] {
        let filter = UserFilter { query: Some(query.to_owned()), ..given::everybody() };
        assert_eq!(Users::list(&database.store, &filter).await.unwrap().total, 1, "{query:?}");
    }
}

//! A sweep goes on where its last batch ended, and misses nothing for long.

use crate::{Database, number};
use evently_auth_contract::given::{self, at};
use evently_auth_domain::ports::{Outbox, Sessions, Users};

/// What would be walked over again, were it not for that, is what was removed before; so what is written there
/// meanwhile is left to the next sweep.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_begins_where_the_one_before_ended() {
    let database = Database::new().await;
    let (store, raw) = (&database.store, database.raw().await);
    let ada = database.add(given::user("ada")).await;
    let mut number_of = 0;
    let mut write = async |table: &str, second: i64| {
        number_of += 1;
        let (time, key) = (format!("to_timestamp({})", at(second).timestamp()), number_of);
        let sql = match table {
            "user_sessions" => format!(
                "INSERT INTO user_sessions (user_id, session_token, seed, generation, is_active, created_at,
                    expires_at, last_accessed)
                VALUES ({}, lpad('{key}', 22, '0'), decode(repeat('00', 32), 'hex'), 0, true, now(), {time}, now())",
                ada.id.0
            ),
            "outbox" => format!(
                "INSERT INTO outbox (message_id, kind, priority, recipient, request_id, created_at, status, attempts,
                    next_attempt_at, lease, is_claimed)
                VALUES ('{key}', 'welcome', 1, 'ada@example.com', 'x', {time}, 'sent', 1, now(), 1, false)"
            ),
            _ => format!(
                "INSERT INTO users (email, username, hashed_password, is_active, is_verified, role, created_at,
                    updated_at, claim_expires_at)
                VALUES ('eve{key}@example.com', 'eve{key}', 'x', true, false, 'user', now(), now(), {time})"
            ),
        };
        raw.batch_execute(&sql).await.unwrap();
    };
    let sweep = async |table: &str| match table {
        "user_sessions" => store.sweep_expired(at(100), 2).await.unwrap(),
        "outbox" => store.sweep_settled(at(100), 2).await.unwrap(),
        _ => store.sweep_unverified(at(100), 2).await.unwrap(),
    };
    for table in ["user_sessions", "outbox", "users"] {
        for second in 10..15 {
            write(table, second).await;
        }
        assert_eq!(sweep(table).await, 2, "{table}");
        write(table, 5).await;
        write(table, 11).await;
        assert_eq!(sweep(table).await, 2, "{table}: 11 and 12");
        assert_eq!(sweep(table).await, 2, "{table}: 13 and 14");
        assert_eq!(sweep(table).await, 0, "{table}: the sweep is over");
        assert_eq!(sweep(table).await, 1, "{table}: 5");
        assert_eq!(sweep(table).await, 0, "{table}");
    }
    assert_eq!(number(&raw, "SELECT count(*) FROM user_sessions").await, 0);
}

/// A claim walks over what was claimed before it until that is vacuumed away: soon.
#[tokio::test]
async fn the_outbox_is_vacuumed_by_what_changed_and_not_by_its_size() {
    let database = Database::new().await;
    let set = "SELECT count(*) FROM pg_class
        WHERE relname = 'outbox' AND 'autovacuum_vacuum_scale_factor=0.01' = ANY (reloptions)";
    assert_eq!(number(&database.raw().await, set).await, 1);
}

//! Fills a database with users and sessions, by COPY.

use std::io::Cursor;
use std::pin::pin;

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::SinkExt;
use tokio_postgres::{Client, NoTls};

use crate::progress::Progress;
use crate::site::{SESSIONS_PER_USER, Site};

/// How many rows are sent at a time.
const BATCH: u64 = 5_000;

const USERS: &str = "COPY users (id, email, username, hashed_password, full_name, is_active, is_verified, role, \
    created_at, updated_at) FROM STDIN";
const SESSIONS: &str = "COPY user_sessions (user_id, session_token, seed, generation, is_active, created_at, expires_at, \
    last_accessed, ip_address, user_agent) FROM STDIN";

/// The users `1..=site.users` with the password of `hash`, the first an administrator, and their sessions; then
/// statistics, visibility and counts are brought up to date, as autovacuum and the worker's sweep would in their time.
pub(crate) async fn fill(site: &Site, hash: &str, progress: &Progress) -> anyhow::Result<()> {
    let client = connect(&site.database_url()).await?;
    progress.begin(&format!("seeding {} users", site.users), site.users * (1 + SESSIONS_PER_USER));
    let user = |number: u64| {
        let role = if number == 1 { "admin" } else { "user" };
        format!(
            "{number}\tuser{number}@example.com\tuser{number}\t{hash}\tAda Lovelace {number}\tt\tt\t{role}\tnow\tnow\n"
        )
    };
    // Built once at the end, rather than row by row.
    let search = "SELECT indexdef FROM pg_indexes WHERE indexname = 'users_search'";
    let search: String = client.query_one(search, &[]).await?.try_get(0)?;
    client.batch_execute("DROP INDEX users_search").await?;
    copy(&client, USERS, site.users, user, progress).await?;
    client.batch_execute(&search).await?;
    let expiry: String =
        client.query_one("SELECT (now() + interval '6 days')::text", &[]).await?.try_get(0)?;
    let session = |number: u64| {
        let owner = (number - 1) / SESSIONS_PER_USER + 1;
        let (name, seed) = (name(number), scattered(number ^ 0x5eed));
        format!(
            "{owner}\t{name}\t\\\\x{seed:016x}{seed:016x}{seed:016x}{seed:016x}\t0\tt\tnow\t{expiry}\tnow\t127.0.0.1\tMozilla/5.0\n"
        )
    };
    copy(&client, SESSIONS, site.users * SESSIONS_PER_USER, session, progress).await?;
    client.batch_execute("SELECT setval(pg_get_serial_sequence('users', 'id'), max(id)) FROM users").await?;
    for statement in [
        "SELECT count_users_anew()",
        "VACUUM (ANALYZE) users",
        "VACUUM (ANALYZE) user_sessions",
        "CHECKPOINT",
    ] {
        client.batch_execute(statement).await.context(statement)?;
    }
    progress.end();
    Ok(())
}

/// A connection of our own, which is driven by a task.
pub(crate) async fn connect(url: &str) -> anyhow::Result<Client> {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.context("cannot connect to PostgreSQL")?;
    tokio::spawn(connection);
    Ok(client)
}

async fn copy(
    client: &Client,
    statement: &str,
    rows: u64,
    row: impl Fn(u64) -> String,
    progress: &Progress,
) -> anyhow::Result<()> {
    let mut sink = pin!(client.copy_in::<_, Cursor<String>>(statement).await?);
    let mut from = 1;
    while from <= rows {
        let to = (from + BATCH - 1).min(rows);
        sink.send(Cursor::new((from..=to).map(&row).collect())).await?;
        progress.add(to + 1 - from);
        from = to + 1;
    }
    sink.close().await.context("the rows are not taken")
}

/// The name of a session: 22 characters, scattered over the index like those of real ones.
fn name(number: u64) -> String {
    let bytes = [scattered(number).to_be_bytes(), number.to_be_bytes()].concat();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// SplitMix64: another number for each number.
fn scattered(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_of_sessions_are_as_long_as_the_column_wants_and_differ() {
        let names: HashSet<_> = (1..=1_000).map(name).collect();
        assert_eq!(names.len(), 1_000);
        assert!(names.iter().all(|name| name.len() == 22));
    }
}

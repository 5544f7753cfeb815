//! The `users` table of the old service: read in batches by key, over a connection that cannot write.

use crate::config::PgServer;
use crate::connections::{Connector, encryption};
use crate::failure::Failure;
use crate::statement::Statement;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use evently_auth_domain::error::StoreError;
use evently_auth_domain::import::LegacyUser;
use evently_auth_domain::password::PasswordHash;
use evently_auth_domain::ports::LegacyUsers;
use rustls::RootCertStore;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// How long one question may take: nobody but an operator waits for it, and the table may be large.
const QUESTION: Duration = Duration::from_secs(30);

/// Whatever the user there is allowed to do, nothing is written.
const SETTINGS: &str = "SET default_transaction_read_only = on; SET statement_timeout = '25s'";

/// More than anything that we take has; no account is judged otherwise for being cut there.
const MAX_CHARS: u32 = 1_000;

/// Columns without which it is another table.
const REQUIRED: [&str; 8] =
    ["id", "email", "username", "hashed_password", "is_active", "is_verified", "role", "created_at"];

/// The accounts of the old service in its own PostgreSQL database.
pub struct LegacyTable {
    connector: Connector,
    /// The columns of `users` there, with their types.
    columns: HashMap<String, String>,
    /// One question at a time; a connection that failed is not used again.
    connection: Mutex<Option<Arc<AsyncPgConnection>>>,
}

type RowSql = (
    BigInt,
    Text,
    Text,
    Text,
    Nullable<Text>,
    Bool,
    Bool,
    Text,
    Nullable<Timestamptz>,
    Nullable<Timestamptz>,
    Nullable<Timestamptz>,
);

type Time = Option<DateTime<Utc>>;
type Row = (i64, String, String, String, Option<String>, bool, bool, String, Time, Time, Time);

impl LegacyTable {
    /// Connects to `server` and looks whether its table `users` is that of the old service. `roots` as in
    /// [`PgConfig`](crate::PgConfig).
    ///
    /// # Errors
    /// `Unavailable` when it cannot be reached, `Corrupt` when the table is another one.
    pub async fn open(server: &PgServer, roots: Option<RootCertStore>) -> Result<Self, StoreError> {
        let encrypted = server.tls && !server.host.starts_with('/');
        let tls = if encrypted { Some(encryption(roots)?) } else { None };
        let connector = Connector::new(server, tls);
        let mut table = Self { connector, columns: HashMap::new(), connection: Mutex::default() };
        let columns: Vec<(String, String)> = table
            .ask(|connection| async move {
                let columns = Statement::<(Text, Text)>::new(
                    "SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute
                     WHERE attrelid = to_regclass('users') AND attnum > 0 AND NOT attisdropped",
                );
                Ok(columns.load(&mut connection.as_ref()).await?)
            })
            .await?;
        table.columns = columns.into_iter().collect();
        table.check()?;
        Ok(table)
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.columns.is_empty() {
            return Err(StoreError::corrupt("there is no table `users` in it, or nothing of it may be seen"));
        }
        if let Some(missing) = REQUIRED.iter().find(|name| !self.columns.contains_key(**name)) {
            return Err(StoreError::corrupt(format!("its table `users` has no column `{missing}`")));
        }
        match self.columns.get("id").map(String::as_str) {
            Some("smallint" | "integer" | "bigint") => Ok(()),
            _ => Err(StoreError::corrupt("the ids of its table `users` are no integers")),
        }
    }

    /// A column as text, if it is there. What is longer than anything that we take is cut, so that a batch stays
    /// small whatever is in it.
    fn text(&self, name: &str) -> String {
        if self.columns.contains_key(name) {
            format!("left({name}::text, {MAX_CHARS})")
        } else {
            "NULL::text".to_owned()
        }
    }

    /// A time, if it is there and one that RFC 3339 can write down; one without a zone is in UTC.
    fn time(&self, name: &str) -> String {
        let time = match self.columns.get(name).map(String::as_str) {
            None => return "NULL::timestamptz".to_owned(),
            Some("timestamp with time zone") => name.to_owned(),
            Some(_) => format!("{name}::timestamp AT TIME ZONE 'UTC'"),
        };
        format!("CASE WHEN {time} >= '0001-01-02Z' AND {time} < '9999-12-31Z' THEN {time} END")
    }

    fn batch(&self, after: i64, limit: u32) -> Statement<RowSql> {
        let (email, username) = (self.text("email"), self.text("username"));
        let (hash, role) = (self.text("hashed_password"), self.text("role"));
        let (full_name, created_at) = (self.text("full_name"), self.time("created_at"));
        let (updated_at, last_login) = (self.time("updated_at"), self.time("last_login"));
        Statement::new(format!(
            "SELECT id::bigint, coalesce({email}, ''), coalesce({username}, ''), coalesce({hash}, ''),
                {full_name}, coalesce(is_active::boolean, false),
                coalesce(is_verified::boolean, false), coalesce({role}, 'user'),
                {created_at}, {updated_at}, {last_login}
             FROM users WHERE id > ? ORDER BY id LIMIT ?"
        ))
        .bind::<BigInt, _>(after)
        .bind::<BigInt, _>(i64::from(limit))
    }

    /// Asks a question, and once more over a new connection when the old one was dead.
    async fn ask<T, J, F>(&self, question: J) -> Result<T, StoreError>
    where
        J: Fn(Arc<AsyncPgConnection>) -> F,
        F: Future<Output = Result<T, Failure>>,
    {
        let mut kept = self.connection.lock().await;
        let late = || Failure::away(format!("no answer within {} s", QUESTION.as_secs()));
        for last in [false, true] {
            let attempt = async {
                let connection = match kept.take() {
                    Some(connection) => connection,
                    None => Arc::new(self.connect().await?),
                };
                let answer = question(connection.clone()).await?;
                Ok((connection, answer))
            };
            match tokio::time::timeout(QUESTION, attempt).await.unwrap_or_else(|_| Err(late())) {
                Ok((connection, answer)) => {
                    *kept = Some(connection);
                    return Ok(answer);
                }
                Err(failure) if failure.is_loss() && !last => {}
                Err(failure) => return Err(failure.into()),
            }
        }
        Err(late().into())
    }

    async fn connect(&self) -> Result<AsyncPgConnection, Failure> {
        let connection = self.connector.connect().await.map_err(|error| Failure::away(error.to_string()))?;
        (&mut &connection).batch_execute(SETTINGS).await?;
        Ok(connection)
    }
}

#[async_trait]
impl LegacyUsers for LegacyTable {
    async fn count(&self) -> Result<u64, StoreError> {
        let count = self.ask(|connection| async move {
            let count = Statement::<BigInt>::new("SELECT count(*) FROM users");
            Ok(count.get_result::<i64>(&mut connection.as_ref()).await?)
        });
        Ok(count.await?.unsigned_abs())
    }

    async fn after(&self, after: i64, limit: u32) -> Result<Vec<LegacyUser>, StoreError> {
        let rows = self.ask(move |connection| async move {
            Ok(self.batch(after, limit).load::<Row>(&mut connection.as_ref()).await?)
        });
        Ok(rows.await?.into_iter().map(account).collect())
    }
}

fn account(row: Row) -> LegacyUser {
    let (
        id,
        email,
        username,
        hash,
        full_name,
        is_active,
        is_verified,
        role,
        created_at,
        updated_at,
        last_login,
    ) = row;
    LegacyUser {
        id,
        email,
        username,
        password: PasswordHash::new(hash),
        full_name,
        is_active,
        is_verified,
        role,
        created_at,
        updated_at,
        last_login,
    }
}

//! The port `UserImports`: a batch is one transaction, during which nobody else makes or changes accounts.

use crate::failure::Failure;
use crate::rows::all;
use crate::schema::{audit_log, users};
use crate::statement::Statement;
use crate::store::PgStore;
use crate::transaction::{begin, commit};
use crate::users::UserRow;
use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::{Credentials, User, UserId};
use evently_auth_domain::audit::{AuditAction, AuditKey, AuditOutcome};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::import::{ImportVerdict, Standing, import_event};
use evently_auth_domain::ports::UserImports;

/// Reading goes on, and so do requests of live sessions; logins and changes of accounts wait while a batch is written.
const LOCK: &str = "LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE";

#[async_trait]
impl UserImports for PgStore {
    async fn standing(&self, accounts: &[Credentials]) -> Result<Standing, StoreError> {
        self.read("user_imports.standing", move |connection| async move {
            standing(connection.get()?, accounts).await
        })
        .await
    }

    async fn import(
        &self,
        accounts: Vec<Credentials>,
        at: Timestamp,
    ) -> Result<Vec<ImportVerdict>, StoreError> {
        let accounts = accounts.as_slice();
        self.write("user_imports.import", move |connection| async move {
            import(connection.get()?, &self.audit_key, accounts, at).await
        })
        .await
    }
}

async fn import(
    mut connection: &AsyncPgConnection,
    key: &AuditKey,
    accounts: &[Credentials],
    at: Timestamp,
) -> Result<Vec<ImportVerdict>, Failure> {
    begin(connection, Vec::new()).await?;
    connection.batch_execute(LOCK).await?;
    let mut standing = standing(connection, accounts).await?;
    let verdicts: Vec<_> = accounts.iter().map(|account| standing.judge(&account.user)).collect();
    let judged = accounts.iter().zip(&verdicts);
    let imported =
        judged.filter(|(_, verdict)| **verdict == ImportVerdict::Imported).map(|(account, _)| account);
    let imported: Vec<_> = imported.collect();
    let ids: Vec<_> = imported.iter().map(|account| account.user.id).collect();
    if let (Some(event), Some(highest)) = (import_event(&ids, at), ids.iter().max()) {
        insert(&imported)
            .effects(key, &Effects::audit(event), "made", None)
            .sql(" SELECT FROM made")
            .execute(&mut connection)
            .await?;
        raise_ids_above(*highest).execute(&mut connection).await?;
    }
    commit(connection, verdicts).await
}

/// The id is in the digests of audit events, so others take theirs from the sequence before they write. One that
/// was imported meanwhile is refused to them, and they take the next.
fn raise_ids_above(highest: UserId) -> Statement {
    Statement::new(
        "SELECT setval(ids, ?) FROM (SELECT pg_get_serial_sequence('users', 'id')::regclass AS ids) AS sequence
         WHERE ? > coalesce(pg_sequence_last_value(ids), 0)",
    )
    .bind::<BigInt, _>(highest.0)
    .bind::<BigInt, _>(highest.0)
}

async fn standing(mut connection: &AsyncPgConnection, accounts: &[Credentials]) -> Result<Standing, Failure> {
    let wanted = || accounts.iter().map(|account| &account.user);
    let ids: Vec<_> = wanted().map(|user| user.id.0).collect();
    let emails: Vec<_> = wanted().map(|user| user.email.as_str()).collect();
    let usernames: Vec<_> = wanted().map(|user| user.username.as_str()).collect();
    let holders: Vec<UserRow> = users::table
        .filter(users::id.eq_any(&ids).or(users::email.eq_any(emails)).or(users::username.eq_any(usernames)))
        .select(UserRow::as_select())
        .load(&mut connection)
        .await?;
    let retired: Vec<Option<i64>> = audit_log::table
        .filter(audit_log::action.eq(AuditAction::UserDeleted.as_str()))
        .filter(audit_log::outcome.eq(AuditOutcome::Success.as_str()))
        .filter(audit_log::subject.eq_any(&ids))
        .select(audit_log::subject)
        .load(&mut connection)
        .await?;
    let holders: Vec<User> = all(holders)?;
    Ok(Standing::new(holders, retired.into_iter().flatten().map(UserId)))
}

/// All of them by one statement, which goes on after the clause `made`.
fn insert(accounts: &[&Credentials]) -> Statement {
    let users = || accounts.iter().map(|account| &account.user);
    let texts = |of: fn(&Credentials) -> &str| -> Vec<String> {
        accounts.iter().map(|account| of(account).to_owned()).collect()
    };
    Statement::new(
        "WITH made AS (
            INSERT INTO users (id, email, username, hashed_password, full_name, is_active, is_verified, role,
                created_at, updated_at, last_login, claim_expires_at)
            OVERRIDING SYSTEM VALUE
            SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            RETURNING id
        )",
    )
    .bind::<Array<BigInt>, _>(users().map(|user| user.id.0).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(texts(|account| account.user.email.as_str()))
    .bind::<Array<Text>, _>(texts(|account| account.user.username.as_str()))
    .bind::<Array<Text>, _>(texts(|account| account.password.expose()))
    .bind::<Array<Nullable<Text>>, _>(
        users().map(|user| user.full_name.as_ref().map(|name| name.as_str().to_owned())).collect::<Vec<_>>(),
    )
    .bind::<Array<Bool>, _>(users().map(|user| user.is_active).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(users().map(|user| user.is_verified).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(texts(|account| account.user.role.as_str()))
    .bind::<Array<Timestamptz>, _>(users().map(|user| user.created_at).collect::<Vec<_>>())
    .bind::<Array<Timestamptz>, _>(users().map(|user| user.updated_at).collect::<Vec<_>>())
    .bind::<Array<Nullable<Timestamptz>>, _>(users().map(|user| user.last_login).collect::<Vec<_>>())
    .bind::<Array<Nullable<Timestamptz>>, _>(users().map(|user| user.claim_expires_at).collect::<Vec<_>>())
}

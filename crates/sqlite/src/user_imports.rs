//! The port `UserImports`: a look and the inserts under one write lock.

use crate::effects;
use crate::failure::Failure;
use crate::rows::micros;
use crate::schema::{audit_log, users};
use crate::store::SqliteStore;
use crate::users::UserRow;
use async_trait::async_trait;
use diesel::prelude::*;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::{Credentials, User, UserId};
use evently_auth_domain::audit::{AuditAction, AuditOutcome};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::import::{ImportVerdict, Standing, import_event};
use evently_auth_domain::ports::UserImports;

/// How many accounts one look is about: SQLite takes 32,766 parameters, and each account is three.
const LOOK: usize = 1_000;

#[async_trait]
impl UserImports for SqliteStore {
    async fn standing(&self, accounts: &[Credentials]) -> Result<Standing, StoreError> {
        let accounts = accounts.to_vec();
        self.read(move |connection| connection.transaction(|connection| standing(connection, &accounts)))
            .await
    }

    async fn import(
        &self,
        accounts: Vec<Credentials>,
        at: Timestamp,
    ) -> Result<Vec<ImportVerdict>, StoreError> {
        let key = self.audit_key.clone();
        self.write(move |connection| {
            let mut standing = standing(connection, &accounts)?;
            let mut imported = Vec::new();
            let mut verdicts = Vec::with_capacity(accounts.len());
            for account in &accounts {
                let verdict = standing.judge(&account.user);
                if verdict == ImportVerdict::Imported {
                    insert(connection, account)?;
                    imported.push(account.user.id);
                }
                verdicts.push(verdict);
            }
            if let Some(event) = import_event(&imported, at) {
                effects::apply(connection, &key, &Effects::audit(event), None)?;
            }
            Ok(verdicts)
        })
        .await
    }
}

fn standing(connection: &mut SqliteConnection, accounts: &[Credentials]) -> Result<Standing, Failure> {
    let (mut holders, mut retired) = (Vec::new(), Vec::new());
    for accounts in accounts.chunks(LOOK) {
        let wanted = || accounts.iter().map(|account| &account.user);
        let rows = users::table
            .filter(
                users::id
                    .eq_any(wanted().map(|user| user.id.0))
                    .or(users::email.eq_any(wanted().map(|user| user.email.as_str())))
                    .or(users::username.eq_any(wanted().map(|user| user.username.as_str()))),
            )
            .select(UserRow::as_select())
            .load(connection)?;
        holders.extend(rows.into_iter().map(User::try_from).collect::<Result<Vec<_>, _>>()?);
        let deletions: Vec<Option<i64>> = audit_log::table
            .filter(audit_log::action.eq(AuditAction::UserDeleted.as_str()))
            .filter(audit_log::outcome.eq(AuditOutcome::Success.as_str()))
            .filter(audit_log::subject.eq_any(wanted().map(|user| user.id.0)))
            .select(audit_log::subject)
            .load(connection)?;
        retired.extend(deletions.into_iter().flatten().map(UserId));
    }
    Ok(Standing::new(holders, retired))
}

/// AUTOINCREMENT remembers the highest id that was ever inserted: later accounts come after it.
fn insert(connection: &mut SqliteConnection, account: &Credentials) -> Result<(), Failure> {
    let Credentials { user, password } = account;
    diesel::insert_into(users::table)
        .values((
            users::id.eq(user.id.0),
            users::email.eq(user.email.as_str()),
            users::username.eq(user.username.as_str()),
            users::hashed_password.eq(password.expose()),
            users::full_name.eq(user.full_name.as_ref().map(|name| name.as_str())),
            users::is_active.eq(user.is_active),
            users::is_verified.eq(user.is_verified),
            users::role.eq(user.role.as_str()),
            users::created_at.eq(micros(user.created_at)),
            users::updated_at.eq(micros(user.updated_at)),
            users::last_login.eq(user.last_login.map(micros)),
            users::claim_expires_at.eq(user.claim_expires_at.map(micros)),
        ))
        .execute(connection)?;
    Ok(())
}

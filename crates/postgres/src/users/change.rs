//! Changing and deleting an account.
//!
//! What concerns nobody else is one statement with its own conditions. The rest is a transaction: lock and look, decide,
//! write. It also says why the one statement found nothing to change.

use super::UserRow;
use super::row::{UserSql, credentials};
use crate::failure::Failure;
use crate::schema::users;
use crate::statement::{Statement, columns};
use crate::transaction::{Key, begin, commit, lock_admins, roll_back};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use evently_auth_domain::account::{Credentials, EmailAddress, Role, User, UserId};
use evently_auth_domain::audit::AuditKey;
use evently_auth_domain::effects::{Effects, EndSessions};
use evently_auth_domain::error::StoreError;
use evently_auth_domain::password::PasswordHash;
use evently_auth_domain::ports::{ChangedUser, DeletedUser, Expected, UserChange};
use futures_util::future::try_join;

pub(super) async fn change(
    mut connection: &AsyncPgConnection,
    key: &AuditKey,
    id: UserId,
    change: &UserChange,
    effects: &Effects,
) -> Result<ChangedUser, Failure> {
    if concerns_nobody_else(change, effects) {
        let changed = update(key, id, change, effects).get_result::<UserRow>(&mut connection).await;
        if let Some(row) = changed.optional()? {
            return Ok(ChangedUser::Changed(row.try_into()?));
        }
    }
    let (found, rivals) = look(connection, id, change).await?;
    let Some(found) = found else { return roll_back(connection, ChangedUser::Missing).await };
    if !change.expected.holds(&found.user, &found.password) {
        return roll_back(connection, ChangedUser::Stale).await;
    }
    if !rivals.iter().all(|rival| loses_address(rival, change)) {
        return roll_back(connection, ChangedUser::Taken).await;
    }
    if found.user.is_working_admin()
        && !change.applied_to(&found.user).is_working_admin()
        && !has_other_working_admin(connection, id).await?
    {
        return roll_back(connection, ChangedUser::LastAdmin).await;
    }
    if !rivals.is_empty() {
        let ids: Vec<_> = rivals.iter().map(|rival| rival.id.0).collect();
        diesel::delete(users::table).filter(users::id.eq_any(ids)).execute(&mut connection).await?;
    }
    let row: UserRow = update(key, id, change, effects).get_result(&mut connection).await?;
    commit(connection, ChangedUser::Changed(row.try_into()?)).await
}

pub(super) async fn delete(
    mut connection: &AsyncPgConnection,
    key: &AuditKey,
    id: UserId,
    effects: &Effects,
) -> Result<DeletedUser, Failure> {
    let ordinary = remove(key, id, "NOT (role = 'admin' AND is_active AND is_verified)", effects);
    if ordinary.get_result::<i64>(&mut connection).await? > 0 {
        return Ok(DeletedUser::Deleted);
    }
    let (found, _) = look(connection, id, &UserChange::default()).await?;
    let Some(found) = found else { return roll_back(connection, DeletedUser::Missing).await };
    if found.user.is_working_admin() && !has_other_working_admin(connection, id).await? {
        return roll_back(connection, DeletedUser::LastAdmin).await;
    }
    remove(key, id, "true", effects).get_result::<i64>(&mut connection).await?;
    commit(connection, DeletedUser::Deleted).await
}

/// Whether a change takes nothing that is unique and no admin away, and ends no session: those of a login at the same
/// moment are seen by a statement that begins once the account is locked.
fn concerns_nobody_else(change: &UserChange, effects: &Effects) -> bool {
    let takes = change.email.is_some() || change.username.is_some();
    let demotes = change.role.is_some_and(|role| role != Role::Admin)
        || change.is_active == Some(false)
        || change.is_verified == Some(false);
    !takes && !demotes && effects.end_sessions == EndSessions::None
}

/// Begins, and locks the account and the other ones that have the wanted address or username, by id.
async fn look(
    connection: &AsyncPgConnection,
    id: UserId,
    change: &UserChange,
) -> Result<(Option<Credentials>, Vec<User>), Failure> {
    // A member that stays has no rivals; nobody has the empty text for an address or a username.
    let email = change.email.as_ref().map_or("", |email| email.as_str());
    let username = change.username.as_ref().map_or("", |username| username.as_str());
    let wanted = [("email", email), ("username", username)];
    let wanted = wanted.into_iter().filter(|(_, value)| !value.is_empty());
    let keys = wanted.map(|(column, value)| Key::of(column, value)).collect();
    let concerned = users::table
        .filter(users::id.eq(id.0).or(users::email.eq(email)).or(users::username.eq(username)))
        .order(users::id)
        .select((UserRow::as_select(), users::hashed_password))
        .for_update();
    let concerned = async { Ok(concerned.load(&mut &*connection).await?) };
    let ((), rows) = try_join(begin(connection, keys), concerned).await?;
    let all = rows.into_iter().map(credentials).collect::<Result<Vec<_>, StoreError>>()?;
    let (found, rivals): (Vec<_>, Vec<_>) = all.into_iter().partition(|account| account.user.id == id);
    Ok((found.into_iter().next(), rivals.into_iter().map(|rival| rival.user).collect()))
}

/// Whether the wanted address is taken away from `rival`: a never-verified account is gone then.
fn loses_address(rival: &User, change: &UserChange) -> bool {
    rival.claim_expires_at.is_some() && change.email.as_ref() == Some(&rival.email)
}

/// Whether somebody but `id` can sign in and administer: [`User::is_working_admin`] as a query. Whoever takes
/// an admin away comes through here, one after the other.
async fn has_other_working_admin(connection: &AsyncPgConnection, id: UserId) -> Result<bool, Failure> {
    let others = Statement::<Bool>::new(
        "SELECT EXISTS (SELECT FROM users WHERE role = 'admin' AND is_active AND is_verified AND id <> ?)",
    )
    .bind::<BigInt, _>(id.0);
    let others = async { Ok(others.get_result::<bool>(&mut &*connection).await?) };
    let ((), others) = try_join(lock_admins(connection), others).await?;
    Ok(others)
}

/// Changes the account, if it is as expected; yields it as it is now. It says in SQL what [`UserChange::applied_to`] and
/// [`Expected::holds`] say.
fn update(key: &AuditKey, id: UserId, change: &UserChange, effects: &Effects) -> Statement<UserSql> {
    let statement = Statement::new("WITH changed AS (UPDATE users SET updated_at = ?");
    let statement = assignments(statement.bind::<Timestamptz, _>(change.at), change);
    conditions(statement.sql(" WHERE id = ?").bind::<BigInt, _>(id.0), &change.expected)
        .sql(" RETURNING users.*)")
        .effects(key, effects, "changed", Some("id"))
        .sql(" SELECT ")
        .sql(&columns::<UserRow>())
        .sql(" FROM changed AS users")
}

/// Those that there are, each after a comma.
fn assignments(mut statement: Statement<UserSql>, change: &UserChange) -> Statement<UserSql> {
    if let Some(email) = &change.email {
        statement = statement.sql(", email = ?").bind::<Text, _>(email.as_str().to_owned());
    }
    if let Some(username) = &change.username {
        statement = statement.sql(", username = ?").bind::<Text, _>(username.as_str().to_owned());
    }
    if let Some(name) = &change.full_name {
        let name = name.as_ref().map(|name| name.as_str().to_owned());
        statement = statement.sql(", full_name = ?").bind::<Nullable<Text>, _>(name);
    }
    if let Some(hash) = &change.password {
        statement = statement.sql(", hashed_password = ?").bind::<Text, _>(hash.expose().to_owned());
    }
    if let Some(is_active) = change.is_active {
        statement = statement.sql(", is_active = ?").bind::<Bool, _>(is_active);
    }
    if let Some(is_verified) = change.is_verified {
        statement = statement.sql(", is_verified = ?").bind::<Bool, _>(is_verified);
    }
    if let Some(role) = change.role {
        statement = statement.sql(", role = ?").bind::<Text, _>(role.as_str());
    }
    match (&change.pending_email, &change.email) {
        (Some(Some(wish)), _) => {
            statement = statement
                .sql(", pending_email = ?, pending_email_at = ?")
                .bind::<Text, _>(wish.as_str().to_owned())
                .bind::<Timestamptz, _>(change.at);
        }
        (Some(None), _) | (None, Some(_)) => {
            statement = statement.sql(", pending_email = NULL, pending_email_at = NULL");
        }
        (None, None) => {}
    }
    if change.adopt || change.is_verified == Some(true) {
        statement = statement.sql(", claim_expires_at = NULL");
    }
    statement
}

/// Those that there are, each after an AND.
fn conditions(mut statement: Statement<UserSql>, expected: &Expected) -> Statement<UserSql> {
    let texts = [
        (" AND email = ?", expected.email.as_ref().map(EmailAddress::as_str)),
        (" AND pending_email = ?", expected.pending_email.as_ref().map(EmailAddress::as_str)),
        (" AND hashed_password = ?", expected.password.as_ref().map(PasswordHash::expose)),
    ];
    for (condition, value) in texts {
        if let Some(value) = value {
            statement = statement.sql(condition).bind::<Text, _>(value.to_owned());
        }
    }
    let flags = [(" AND is_verified = ?", expected.is_verified), (" AND is_active = ?", expected.is_active)];
    for (condition, value) in flags {
        if let Some(value) = value {
            statement = statement.sql(condition).bind::<Bool, _>(value);
        }
    }
    statement
}

/// Yields whether the account was there, and was as `condition` says; its sessions go with it.
fn remove(key: &AuditKey, id: UserId, condition: &str, effects: &Effects) -> Statement<BigInt> {
    Statement::new(format!("WITH gone AS (DELETE FROM users WHERE id = ? AND {condition} RETURNING id)"))
        .bind::<BigInt, _>(id.0)
        .effects(key, effects, "gone", None)
        .sql(" SELECT count(*) FROM gone")
}

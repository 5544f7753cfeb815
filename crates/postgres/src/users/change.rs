//! Changing and deleting an account: lock and look, decide, write.

use super::UserRow;
use super::row::{UserSql, credentials};
use crate::failure::Failure;
use crate::schema::users;
use crate::statement::{Statement, columns};
use crate::transaction::{Key, begin, commit, lock_admins, roll_back};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use evently_auth_domain::account::{Credentials, User, UserId};
use evently_auth_domain::audit::AuditKey;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{ChangedUser, DeletedUser, UserChange};
use futures_util::future::try_join;

pub(super) async fn change(
    mut connection: &AsyncPgConnection,
    key: &AuditKey,
    id: UserId,
    change: &UserChange,
    effects: &Effects,
) -> Result<ChangedUser, Failure> {
    let (found, rivals) = look(connection, id, change).await?;
    let Some(found) = found else { return roll_back(connection, ChangedUser::Missing).await };
    if !change.expected.holds(&found.user, &found.password) {
        return roll_back(connection, ChangedUser::Stale).await;
    }
    if !rivals.iter().all(|rival| loses_address(rival, change)) {
        return roll_back(connection, ChangedUser::Taken).await;
    }
    let changed = change.applied_to(&found.user);
    if found.user.is_working_admin()
        && !changed.is_working_admin()
        && !has_other_working_admin(connection, id).await?
    {
        return roll_back(connection, ChangedUser::LastAdmin).await;
    }
    if !rivals.is_empty() {
        let ids: Vec<_> = rivals.iter().map(|rival| rival.id.0).collect();
        diesel::delete(users::table).filter(users::id.eq_any(ids)).execute(&mut connection).await?;
    }
    let row: UserRow = update(key, &changed, change, effects).get_result(&mut connection).await?;
    commit(connection, ChangedUser::Changed(row.try_into()?)).await
}

pub(super) async fn delete(
    mut connection: &AsyncPgConnection,
    key: &AuditKey,
    id: UserId,
    effects: &Effects,
) -> Result<DeletedUser, Failure> {
    let (found, _) = look(connection, id, &UserChange::default()).await?;
    let Some(found) = found else { return roll_back(connection, DeletedUser::Missing).await };
    if found.user.is_working_admin() && !has_other_working_admin(connection, id).await? {
        return roll_back(connection, DeletedUser::LastAdmin).await;
    }
    Statement::<BigInt>::new("WITH gone AS (DELETE FROM users WHERE id = ? RETURNING id)")
        .bind::<BigInt, _>(id.0)
        // Its sessions go with it.
        .effects(key, effects, "gone", None)
        .sql(" SELECT count(*) FROM gone")
        .get_result::<i64>(&mut connection)
        .await?;
    commit(connection, DeletedUser::Deleted).await
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

fn update(key: &AuditKey, user: &User, change: &UserChange, effects: &Effects) -> Statement<UserSql> {
    // The time of the wish moves only with the wish.
    let wishes_anew = matches!(change.pending_email, Some(Some(_)));
    let pending = user.pending_email.as_ref().map(|email| email.as_str().to_owned());
    Statement::new(
        "WITH changed AS (
            UPDATE users SET email = ?, username = ?, full_name = ?,
                hashed_password = coalesce(?, hashed_password), is_active = ?, is_verified = ?, role = ?,
                updated_at = ?, pending_email = ?,
                pending_email_at = CASE WHEN ?::text IS NOT NULL THEN coalesce(?, pending_email_at) END,
                claim_expires_at = ?
            WHERE id = ?
            RETURNING users.*
        )",
    )
    .bind::<Text, _>(user.email.as_str().to_owned())
    .bind::<Text, _>(user.username.as_str().to_owned())
    .bind::<Nullable<Text>, _>(user.full_name.as_ref().map(|name| name.as_str().to_owned()))
    .bind::<Nullable<Text>, _>(change.password.as_ref().map(|hash| hash.expose().to_owned()))
    .bind::<Bool, _>(user.is_active)
    .bind::<Bool, _>(user.is_verified)
    .bind::<Text, _>(user.role.as_str())
    .bind::<Timestamptz, _>(user.updated_at)
    .bind::<Nullable<Text>, _>(pending.clone())
    .bind::<Nullable<Text>, _>(pending)
    .bind::<Nullable<Timestamptz>, _>(Some(change.at).filter(|_| wishes_anew))
    .bind::<Nullable<Timestamptz>, _>(user.claim_expires_at)
    .bind::<BigInt, _>(user.id.0)
    .effects(key, effects, "changed", Some("id"))
    .sql(" SELECT ")
    .sql(&columns::<UserRow>())
    .sql(" FROM changed AS users")
}

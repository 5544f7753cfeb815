//! Making an account, and who has to make way for it.
//!
//! As long as nobody has to, that is two statements: one looks, the other makes, and the unique columns settle what came
//! between. Whoever makes way does so under the locks of a transaction.

use super::UserRow;
use super::row::UserSql;
use crate::failure::Failure;
use crate::rows::all;
use crate::schema::users;
use crate::statement::{Statement, columns};
use crate::transaction::{Key, begin, commit, roll_back};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use evently_auth_domain::account::{NewUser, User, UserId};
use evently_auth_domain::audit::AuditKey;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::CreatedUser;
use futures_util::future::try_join;

pub(super) async fn create(
    mut connection: &AsyncPgConnection,
    key: &AuditKey,
    new: &NewUser,
    effects: &Effects,
) -> Result<CreatedUser, Failure> {
    let rows = look(new).load::<(i64, Option<UserRow>)>(&mut connection).await?;
    let id = rows.iter().map(|(id, _)| *id).next().ok_or(diesel::NotFound)?;
    let holders: Vec<User> = all(rows.into_iter().filter_map(|(_, holder)| holder).collect())?;
    if !holders.iter().all(|holder| new.takes_over_from(holder)) {
        return Ok(CreatedUser::Taken);
    }
    let mut effects = effects.clone();
    for event in &mut effects.audit {
        event.subject.get_or_insert(UserId(id));
    }
    if holders.is_empty() {
        let made = insert(key, id, new, &effects, &[], "ON CONFLICT DO NOTHING");
        if let Some(row) = made.get_result::<UserRow>(&mut connection).await.optional()? {
            return Ok(CreatedUser::Created(row.try_into()?));
        }
        // Somebody was faster, and may have to make way in turn.
    }
    replace(connection, key, id, new, &effects).await
}

/// Locks and looks, decides, and writes.
async fn replace(
    mut connection: &AsyncPgConnection,
    key: &AuditKey,
    id: i64,
    new: &NewUser,
    effects: &Effects,
) -> Result<CreatedUser, Failure> {
    let (email, username) = (new.email.as_str(), new.username.as_str());
    let mut keys = vec![Key::of("email", email), Key::of("username", username)];
    keys.extend(new.replaces.as_ref().map(|replaced| Key::of("email", replaced.as_str())));
    let claimant = users::email.eq(replaced(new)).and(users::claim_expires_at.is_not_null());
    let holders = users::table
        .filter(users::email.eq(email).or(users::username.eq(username)).or(claimant))
        .order(users::id)
        .select(UserRow::as_select())
        .for_update();
    let holders = async { Ok::<_, Failure>(holders.load(&mut &*connection).await?) };
    let ((), holders) = try_join(begin(connection, keys), holders).await?;
    let holders: Vec<User> = all(holders)?;
    if !holders.iter().all(|holder| new.takes_over_from(holder)) {
        return roll_back(connection, CreatedUser::Taken).await;
    }
    let row: UserRow = insert(key, id, new, effects, &holders, "").get_result(&mut connection).await?;
    commit(connection, CreatedUser::Created(row.try_into()?)).await
}

/// Nobody has the empty text for an address.
fn replaced(new: &NewUser) -> &str {
    new.replaces.as_ref().map_or("", |replaced| replaced.as_str())
}

/// Yields the id of the account to be, for it is part of what the audit's digests cover, with each account that has what
/// it wants; once without one when nobody does.
fn look(new: &NewUser) -> Statement<(BigInt, Nullable<UserSql>)> {
    Statement::new(
        "WITH next AS MATERIALIZED (SELECT nextval(pg_get_serial_sequence('users', 'id')) AS id)
        SELECT next.id, ",
    )
    .sql(&columns::<UserRow>())
    .sql(
        " FROM next LEFT JOIN users
        ON email = ? OR username = ? OR (email = ? AND claim_expires_at IS NOT NULL)",
    )
    .bind::<Text, _>(new.email.as_str().to_owned())
    .bind::<Text, _>(new.username.as_str().to_owned())
    .bind::<Text, _>(replaced(new).to_owned())
}

/// Removes those who make way, and then makes the account.
fn insert(
    key: &AuditKey,
    id: i64,
    new: &NewUser,
    effects: &Effects,
    holders: &[User],
    on_conflict: &str,
) -> Statement<UserSql> {
    Statement::new(
        "WITH gone AS (DELETE FROM users WHERE id = ANY (?) RETURNING id), made AS (
            INSERT INTO users (id, email, username, hashed_password, full_name, is_active, is_verified, role,
                created_at, updated_at, claim_expires_at)
            SELECT ?, ?, ?, ?, ?, true, ?, ?, ?, ?, ? FROM (SELECT count(*) FROM gone) AS gone ",
    )
    .bind::<Array<BigInt>, Vec<_>>(holders.iter().map(|holder| holder.id.0).collect())
    .bind::<BigInt, _>(id)
    .bind::<Text, _>(new.email.as_str().to_owned())
    .bind::<Text, _>(new.username.as_str().to_owned())
    .bind::<Text, _>(new.password.expose().to_owned())
    .bind::<Nullable<Text>, _>(new.full_name.as_ref().map(|name| name.as_str().to_owned()))
    .bind::<Bool, _>(new.is_verified)
    .bind::<Text, _>(new.role.as_str())
    .bind::<Timestamptz, _>(new.at)
    .bind::<Timestamptz, _>(new.at)
    // Whoever is verified claims nothing: the sweep must never meet such an account.
    .bind::<Nullable<Timestamptz>, _>(new.claim_expires_at.filter(|_| !new.is_verified))
    .sql(on_conflict)
    .sql(" RETURNING users.*)")
    .effects(key, effects, "made", Some("id"))
    .sql(" SELECT ")
    .sql(&columns::<UserRow>())
    .sql(" FROM made AS users")
}

//! Making an account, and who has to make way for it.

use super::UserRow;
use super::row::UserSql;
use crate::failure::Failure;
use crate::rows::all;
use crate::schema::users;
use crate::statement::{Statement, columns};
use crate::transaction::{Key, begin, commit, roll_back};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use evently_auth_domain::account::{NewUser, User, UserId};
use evently_auth_domain::audit::AuditKey;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::CreatedUser;
use futures_util::future::try_join3;

pub(super) async fn create(
    mut connection: &AsyncPgConnection,
    key: &AuditKey,
    new: &NewUser,
    effects: &Effects,
) -> Result<CreatedUser, Failure> {
    let (email, username) = (new.email.as_str(), new.username.as_str());
    let mut keys = vec![Key::of("email", email), Key::of("username", username)];
    keys.extend(new.replaces.as_ref().map(|replaced| Key::of("email", replaced.as_str())));
    // Nobody has the empty text for an address.
    let replaced = new.replaces.as_ref().map_or("", |replaced| replaced.as_str());
    let claimant = users::email.eq(replaced).and(users::claim_expires_at.is_not_null());
    let holders = users::table
        .filter(users::email.eq(email).or(users::username.eq(username)).or(claimant))
        .order(users::id)
        .select(UserRow::as_select())
        .for_update();
    // The id comes first, for it is part of what the audit's digests cover.
    let next = Statement::<BigInt>::new("SELECT nextval(pg_get_serial_sequence('users', 'id'))");
    let holders = async { Ok::<_, Failure>(holders.load(&mut &*connection).await?) };
    let next = async { Ok::<_, Failure>(next.get_result::<i64>(&mut &*connection).await?) };
    let ((), holders, id) = try_join3(begin(connection, keys), holders, next).await?;
    let holders: Vec<User> = all(holders)?;
    if !holders.iter().all(|holder| new.takes_over_from(holder)) {
        return roll_back(connection, CreatedUser::Taken).await;
    }
    if !holders.is_empty() {
        let ids: Vec<_> = holders.iter().map(|holder| holder.id.0).collect();
        diesel::delete(users::table).filter(users::id.eq_any(ids)).execute(&mut connection).await?;
    }
    let mut effects = effects.clone();
    for event in &mut effects.audit {
        event.subject.get_or_insert(UserId(id));
    }
    let row: UserRow = insert(key, id, new, &effects).get_result(&mut connection).await?;
    commit(connection, CreatedUser::Created(row.try_into()?)).await
}

fn insert(key: &AuditKey, id: i64, new: &NewUser, effects: &Effects) -> Statement<UserSql> {
    Statement::new(
        "WITH made AS (
            INSERT INTO users (id, email, username, hashed_password, full_name, is_active, is_verified, role,
                created_at, updated_at, claim_expires_at)
            VALUES (?, ?, ?, ?, ?, true, ?, ?, ?, ?, ?)
            RETURNING users.*
        )",
    )
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
    .effects(key, effects, "made", Some("id"))
    .sql(" SELECT ")
    .sql(&columns::<UserRow>())
    .sql(" FROM made AS users")
}

//! The port `Users`.

mod change;
mod create;
mod list;
mod row;

pub(crate) use row::UserRow;

use crate::effects;
use crate::failure::Failure;
use crate::rows::micros;
use crate::schema::users;
use crate::store::SqliteStore;
use async_trait::async_trait;
use diesel::dsl::exists;
use diesel::prelude::*;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::{Credentials, EmailAddress, Identifier, NewUser, Role, User, UserId};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::password::PasswordHash;
use evently_auth_domain::ports::{
    ChangedUser, CreatedUser, DeletedUser, UserChange, UserFilter, UserPage, Users,
};

#[async_trait]
impl Users for SqliteStore {
    async fn create(&self, new: NewUser, effects: Effects) -> Result<CreatedUser, StoreError> {
        let key = self.audit_key.clone();
        self.write(move |connection| create::create(connection, &key, &new, effects)).await
    }

    async fn find(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.read(move |connection| {
            let row = users::table.find(id.0).select(UserRow::as_select()).first(connection).optional()?;
            Ok(row.map(User::try_from).transpose()?)
        })
        .await
    }

    async fn find_credentials(&self, identifier: &Identifier) -> Result<Option<Credentials>, StoreError> {
        let identifier = identifier.clone();
        self.read(move |connection| credentials(connection, &identifier)).await
    }

    async fn find_unproven(&self, address: &EmailAddress) -> Result<Option<User>, StoreError> {
        let address = address.clone();
        self.read(move |connection| connection.transaction(|connection| unproven(connection, &address))).await
    }

    async fn change(
        &self,
        id: UserId,
        change: UserChange,
        effects: Effects,
    ) -> Result<ChangedUser, StoreError> {
        let key = self.audit_key.clone();
        self.write(move |connection| change::change(connection, &key, id, &change, &effects)).await
    }

    async fn delete(&self, id: UserId, effects: Effects) -> Result<DeletedUser, StoreError> {
        let key = self.audit_key.clone();
        self.write(move |connection| {
            let Some(found) = credentials(connection, &Identifier::Id(id))? else {
                return Ok(DeletedUser::Missing);
            };
            if found.user.is_working_admin() && !has_other_working_admin(connection, id)? {
                return Ok(DeletedUser::LastAdmin);
            }
            diesel::delete(users::table.find(id.0)).execute(connection)?;
            effects::apply(connection, &key, &effects, Some(id))?;
            Ok(DeletedUser::Deleted)
        })
        .await
    }

    async fn list(&self, filter: &UserFilter) -> Result<UserPage, StoreError> {
        let filter = filter.clone();
        self.read(move |connection| connection.transaction(|connection| list::list(connection, &filter)))
            .await
    }

    async fn sweep_unverified(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(move |connection| {
            let claims = diesel::alias!(users as claims);
            let until = claims.field(users::claim_expires_at);
            let passed = claims.filter(until.le(micros(now))).order(until).limit(limit.into());
            let removed = diesel::delete(users::table)
                .filter(users::id.eq_any(passed.select(claims.field(users::id))))
                .execute(connection)?;
            Ok(removed as u64)
        })
        .await
    }
}

/// The account with its password hash.
fn credentials(
    connection: &mut SqliteConnection,
    identifier: &Identifier,
) -> Result<Option<Credentials>, Failure> {
    let all = users::table.select((UserRow::as_select(), users::hashed_password));
    let row: Option<(UserRow, String)> = match identifier {
        Identifier::Email(email) => all.filter(users::email.eq(email.as_str())).first(connection),
        Identifier::Username(name) => all.filter(users::username.eq(name.as_str())).first(connection),
        Identifier::Id(id) => all.find(id.0).first(connection),
    }
    .optional()?;
    let Some((row, hash)) = row else { return Ok(None) };
    Ok(Some(Credentials { user: row.try_into()?, password: PasswordHash::new(hash) }))
}

/// See [`Users::find_unproven`].
fn unproven(connection: &mut SqliteConnection, address: &EmailAddress) -> Result<Option<User>, Failure> {
    if let Some(holder) = credentials(connection, &Identifier::Email(address.clone()))? {
        return Ok(Some(holder.user).filter(|user| !user.is_verified));
    }
    let row = users::table
        .filter(users::pending_email.eq(address.as_str()))
        .order((users::pending_email_at.desc(), users::id.desc()))
        .select(UserRow::as_select())
        .first(connection)
        .optional()?;
    Ok(row.map(User::try_from).transpose()?)
}

/// Whether somebody but `id` can sign in and administer: [`User::is_working_admin`] as a query.
fn has_other_working_admin(connection: &mut SqliteConnection, id: UserId) -> Result<bool, Failure> {
    let others = users::table
        .filter(users::role.eq(Role::Admin.as_str()))
        .filter(users::is_active.eq(true))
        .filter(users::is_verified.eq(true))
        .filter(users::id.ne(id.0));
    Ok(diesel::select(exists(others)).get_result(connection)?)
}

//! The port `Users`.

mod change;
mod counts;
mod create;
mod list;
mod row;

pub(crate) use row::UserRow;

use crate::connections::Lent;
use crate::schema::users;
use crate::statement::{Statement, columns};
use crate::store::PgStore;
use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::{Credentials, EmailAddress, Identifier, NewUser, User, UserId};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{
    ChangedUser, CreatedUser, DeletedUser, UserChange, UserFilter, UserPage, Users,
};
use list::ListRow;
use std::sync::Arc;

#[async_trait]
impl Users for PgStore {
    async fn create(&self, new: NewUser, effects: Effects) -> Result<CreatedUser, StoreError> {
        let (new, effects) = (&new, &effects);
        self.write("users.create", move |connection| async move {
            create::create(connection.get()?, &self.audit_key, new, effects).await
        })
        .await
    }

    async fn find(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let row = self.read("users.find", move |connection| async move {
            let found = users::table.find(id.0).select(UserRow::as_select());
            Ok(found.first(&mut connection.get()?).await.optional()?)
        });
        row.await?.map(User::try_from).transpose()
    }

    async fn find_credentials(&self, identifier: &Identifier) -> Result<Option<Credentials>, StoreError> {
        let row = self.read("users.find_credentials", move |connection| async move {
            let all = users::table.select((UserRow::as_select(), users::hashed_password));
            let row = match identifier {
                Identifier::Email(email) => {
                    all.filter(users::email.eq(email.as_str())).first(&mut connection.get()?).await
                }
                Identifier::Username(name) => {
                    all.filter(users::username.eq(name.as_str())).first(&mut connection.get()?).await
                }
                Identifier::Id(id) => all.find(id.0).first(&mut connection.get()?).await,
            };
            Ok(row.optional()?)
        });
        row.await?.map(row::credentials).transpose()
    }

    async fn find_unproven(&self, address: &EmailAddress) -> Result<Option<User>, StoreError> {
        let row = self.read("users.find_unproven", move |connection| async move {
            let statement = unproven(address);
            Ok(statement.get_result::<UserRow>(&mut connection.get()?).await.optional()?)
        });
        let user = row.await?.map(User::try_from).transpose()?;
        // A verified account that has the address keeps it from whoever wants it.
        Ok(user.filter(|user| user.email != *address || !user.is_verified))
    }

    async fn change(
        &self,
        id: UserId,
        change: UserChange,
        effects: Effects,
    ) -> Result<ChangedUser, StoreError> {
        let (change, effects) = (&change, &effects);
        self.write("users.change", move |connection| async move {
            change::change(connection.get()?, &self.audit_key, id, change, effects).await
        })
        .await
    }

    async fn delete(&self, id: UserId, effects: Effects) -> Result<DeletedUser, StoreError> {
        let effects = &effects;
        self.write("users.delete", move |connection| async move {
            change::delete(connection.get()?, &self.audit_key, id, effects).await
        })
        .await
    }

    async fn list(&self, filter: &UserFilter) -> Result<UserPage, StoreError> {
        // PostgreSQL has no text with this character: neither is there any to be found, nor can it be asked
        // for.
        if filter.query.as_ref().is_some_and(|query| query.contains('\0')) {
            return Ok(UserPage { users: Vec::new(), total: 0 });
        }
        let job = move |connection: Arc<Lent>| async move {
            Ok(list::list(filter).load::<ListRow>(&mut connection.get()?).await?)
        };
        list::page(self.read_replica("users.list", |_| true, job).await?)
    }

    async fn sweep_unverified(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.fold_counts().await?;
        self.sweep(&self.sweeps.accounts, now, limit).await
    }
}

impl PgStore {
    /// Adds to the counts of accounts what writers left: each adds at most so much, and only now and then.
    async fn fold_counts(&self) -> Result<(), StoreError> {
        const AT_ONCE: i64 = 10_000;
        loop {
            let folded = self.write("users.fold_counts", move |connection| async move {
                let fold =
                    Statement::<BigInt>::new("SELECT fold_user_count_changes(?)").bind::<BigInt, _>(AT_ONCE);
                Ok(fold.get_result::<i64>(&mut connection.get()?).await?)
            });
            if folded.await? < AT_ONCE {
                return Ok(());
            }
        }
    }
}

/// The account that has `address`, or else the latest to want it.
fn unproven(address: &EmailAddress) -> Statement<row::UserSql> {
    let columns = columns::<UserRow>();
    Statement::new(format!(
        "SELECT {columns} FROM (
            (SELECT *, 0 AS turn FROM users WHERE email = ?)
            UNION ALL
            (SELECT *, 1 AS turn FROM users WHERE pending_email = ?
                ORDER BY pending_email_at DESC, id DESC LIMIT 1)
        ) AS users ORDER BY turn LIMIT 1"
    ))
    .bind::<Text, _>(address.as_str().to_owned())
    .bind::<Text, _>(address.as_str().to_owned())
}

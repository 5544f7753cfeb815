//! An account as a row.

use crate::rows::Row;
use crate::schema::users;
use diesel::prelude::*;
use evently_auth_domain::account::{EmailAddress, FullName, User, UserId, Username};
use evently_auth_domain::error::StoreError;

/// Every column of `users` but the password's.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::sqlite::Sqlite))]
pub(crate) struct UserRow {
    id: i64,
    email: String,
    username: String,
    full_name: Option<String>,
    is_active: bool,
    is_verified: bool,
    role: String,
    created_at: i64,
    updated_at: i64,
    last_login: Option<i64>,
    pending_email: Option<String>,
    claim_expires_at: Option<i64>,
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(user: UserRow) -> Result<Self, StoreError> {
        let row = Row { table: "users", id: user.id };
        let email = |text: String| EmailAddress::parse_stored(&text).ok();
        Ok(Self {
            id: UserId(user.id),
            email: row.value("email", email(user.email))?,
            username: row.value("username", Username::parse(&user.username).ok())?,
            full_name: row
                .optional("full_name", user.full_name, |text| FullName::parse(&text).ok().flatten())?,
            is_active: user.is_active,
            is_verified: user.is_verified,
            role: row.value("role", user.role.parse().ok())?,
            created_at: row.time("created_at", user.created_at)?,
            updated_at: row.time("updated_at", user.updated_at)?,
            last_login: row.optional_time("last_login", user.last_login)?,
            pending_email: row.optional("pending_email", user.pending_email, email)?,
            claim_expires_at: row.optional_time("claim_expires_at", user.claim_expires_at)?,
        })
    }
}

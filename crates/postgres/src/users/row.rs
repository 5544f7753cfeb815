//! An account as a row.

use crate::rows::Row;
use crate::schema::users;
use crate::statement::SqlOf;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use evently_auth_domain::account::{Credentials, EmailAddress, FullName, User, UserId, Username};
use evently_auth_domain::error::StoreError;
use evently_auth_domain::password::PasswordHash;

/// Every column of `users` but the password's and the time of a wish.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub(crate) struct UserRow {
    id: i64,
    email: String,
    username: String,
    full_name: Option<String>,
    is_active: bool,
    is_verified: bool,
    role: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    last_login: Option<DateTime<Utc>>,
    pending_email: Option<String>,
    claim_expires_at: Option<DateTime<Utc>>,
}

/// What a statement yields that selects a [`UserRow`].
pub(super) type UserSql = SqlOf<UserRow>;

/// An account with its password hash.
pub(super) fn credentials((row, hash): (UserRow, String)) -> Result<Credentials, StoreError> {
    Ok(Credentials { user: row.try_into()?, password: PasswordHash::new(hash) })
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
            created_at: user.created_at,
            updated_at: user.updated_at,
            last_login: user.last_login,
            pending_email: row.optional("pending_email", user.pending_email, email)?,
            claim_expires_at: user.claim_expires_at,
        })
    }
}

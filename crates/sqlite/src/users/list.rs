//! Searching accounts.

use super::UserRow;
use crate::failure::Failure;
use crate::schema::users;
use diesel::define_sql_function;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use evently_auth_domain::account::User;
use evently_auth_domain::ports::{UserFilter, UserPage};

define_sql_function! {
    /// Where `needle` begins in `text`, from 1; 0 when it does not occur. Unlike LIKE it knows no wildcards.
    fn instr(text: Text, needle: Text) -> Integer;
}
define_sql_function! {
    /// `text` with the letters A to Z in lower case.
    fn lower(text: Text) -> Text;
}

/// One page and the number of all; both of the same moment, if the caller is in a transaction.
pub(super) fn list(connection: &mut SqliteConnection, filter: &UserFilter) -> Result<UserPage, Failure> {
    let total: i64 = matching(filter).count().get_result(connection)?;
    let rows = matching(filter)
        .order(users::id)
        .offset(i64::try_from(filter.skip).unwrap_or(i64::MAX))
        .limit(filter.limit.into())
        .select(UserRow::as_select())
        .load(connection)?;
    let users = rows.into_iter().map(User::try_from).collect::<Result<_, _>>()?;
    Ok(UserPage { users, total: total.unsigned_abs() })
}

fn matching(filter: &UserFilter) -> users::BoxedQuery<'_, Sqlite> {
    let mut matching = users::table.into_boxed();
    if let Some(query) = &filter.query {
        // Only what SQLite lowers as well; other letters are compared as they are.
        let query = query.to_ascii_lowercase();
        matching = matching.filter(
            instr(users::email, query.clone())
                .gt(0)
                .or(instr(users::username, query.clone()).gt(0))
                .or(instr(lower(users::full_name.assume_not_null()), query).gt(0)),
        );
    }
    if let Some(role) = filter.role {
        matching = matching.filter(users::role.eq(role.as_str()));
    }
    if let Some(is_active) = filter.is_active {
        matching = matching.filter(users::is_active.eq(is_active));
    }
    if let Some(is_verified) = filter.is_verified {
        matching = matching.filter(users::is_verified.eq(is_verified));
    }
    matching
}

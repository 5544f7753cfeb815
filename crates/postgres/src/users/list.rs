//! Searching accounts.

use super::UserRow;
use super::row::UserSql;
use crate::statement::{Statement, columns};
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{UserFilter, UserPage};

/// What a search yields for each account of the page, and once without one when the page is empty: the number
/// of all that match, and the account.
pub(super) type ListSql = (BigInt, Nullable<UserSql>);

/// The rows of [`ListSql`].
pub(super) type ListRow = (i64, Option<UserRow>);

/// One page and the number of all, of the same moment.
pub(super) fn list(filter: &UserFilter) -> Statement<ListSql> {
    let counted = Statement::new("SELECT total, ")
        .sql(&columns::<UserRow>())
        .sql(" FROM (SELECT count(*) AS total FROM users");
    let paged = matching(counted, filter).sql(") AS counted LEFT JOIN (SELECT * FROM users");
    matching(paged, filter)
        .sql(" ORDER BY id LIMIT ? OFFSET ?) AS users ON true ORDER BY users.id")
        .bind::<BigInt, _>(i64::from(filter.limit))
        .bind::<BigInt, _>(i64::try_from(filter.skip).unwrap_or(i64::MAX))
}

pub(super) fn page(rows: Vec<ListRow>) -> Result<UserPage, StoreError> {
    let total = rows.first().map_or(0, |(total, _)| total.unsigned_abs());
    let users = rows.into_iter().filter_map(|(_, row)| row).map(TryInto::try_into);
    Ok(UserPage { users: users.collect::<Result<_, _>>()?, total })
}

/// Only the conditions that there are, so that each kind of search is planned for itself.
fn matching(mut statement: Statement<ListSql>, filter: &UserFilter) -> Statement<ListSql> {
    statement = statement.sql(" WHERE true");
    if let Some(query) = &filter.query {
        // Unlike LIKE, strpos knows no wildcards. Addresses and usernames were put in lower case by the
        // domain; a name is by the database, ASCII first: in Turkish, `I` is not the capital of `i`.
        let lower = |text: &str| format!("lower(lower({text} COLLATE \"C\") COLLATE \"default\")");
        let address = query.to_lowercase();
        statement = statement
            .sql(" AND (strpos(email, ?) > 0 OR strpos(username, ?) > 0 OR strpos(")
            .sql(&format!("{}, {}) > 0)", lower("full_name"), lower("?")))
            .bind::<Text, _>(address.clone())
            .bind::<Text, _>(address)
            .bind::<Text, _>(query.clone());
    }
    if let Some(role) = filter.role {
        statement = statement.sql(" AND role = ?").bind::<Text, _>(role.as_str());
    }
    if let Some(is_active) = filter.is_active {
        statement = statement.sql(" AND is_active = ?").bind::<Bool, _>(is_active);
    }
    if let Some(is_verified) = filter.is_verified {
        statement = statement.sql(" AND is_verified = ?").bind::<Bool, _>(is_verified);
    }
    statement
}

//! Listing accounts: a page costs the same wherever it is and however many accounts there are; a search for a part of
//! a text costs what it finds, when the part has three letters or digits in a row.

use super::UserRow;
use super::counts::Counts;
use super::row::UserSql;
use crate::statement::{Statement, columns};
use diesel::sql_types::{BigInt, Nullable, Text};
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{UserFilter, UserPage};

/// What a search yields for each account of the page, and once without one when the page is empty: the number
/// of all that match, and the account.
pub(super) type ListSql = (BigInt, Nullable<UserSql>);

/// The rows of [`ListSql`].
pub(super) type ListRow = (i64, Option<UserRow>);

/// One page and the number of all, of the same moment.
pub(super) fn list(filter: &UserFilter) -> Statement<ListSql> {
    match filter.query.as_deref() {
        // Nothing is part of everything.
        None | Some("") => browse(filter),
        Some(query) => search(filter, query),
    }
}

pub(super) fn page(rows: Vec<ListRow>) -> Result<UserPage, StoreError> {
    let total = rows.first().map_or(0, |(total, _)| total.unsigned_abs());
    let users = rows.into_iter().filter_map(|(_, row)| row).map(TryInto::try_into);
    Ok(UserPage { users: users.collect::<Result<_, _>>()?, total })
}

fn browse(filter: &UserFilter) -> Statement<ListSql> {
    let (counts, conditions, columns) = (Counts::of(filter), conditions(filter), columns::<UserRow>());
    let (changed, total) = (counts.changed(), counts.total());
    let limit = i64::from(filter.limit);
    // A limit that PostgreSQL does not know counts as a tenth of all accounts: a plan for every limit would look so dear
    // that it made a new one each time. A power of two bounds it, so that there are few statements.
    let most = filter.limit.checked_next_power_of_two().unwrap_or(u32::MAX);
    // The first page is found without a walk.
    if filter.skip == 0 {
        return Statement::new(format!(
            "WITH {changed} SELECT total, {columns} FROM ({total}) AS counted LEFT JOIN (
                SELECT * FROM (
                    SELECT * FROM users WHERE true{conditions} ORDER BY id LIMIT {most}
                ) AS most ORDER BY id LIMIT ?
            ) AS users ON true ORDER BY users.id"
        ))
        .bind::<BigInt, _>(limit);
    }
    let start = counts.start();
    Statement::new(format!(
        "WITH {changed}, {start} SELECT total, {columns} FROM ({total}) AS counted LEFT JOIN (
            SELECT * FROM (
                SELECT * FROM users WHERE id >= (SELECT id FROM start){conditions}
                ORDER BY id LIMIT {most} OFFSET (SELECT skip FROM start)
            ) AS most ORDER BY id LIMIT ?
        ) AS users ON true ORDER BY users.id"
    ))
    .bind::<BigInt, _>(skip(filter))
    .bind::<BigInt, _>(limit)
}

/// Everything that matches is looked at once: it has to be counted, and whatever the page would be found by, that
/// would be the wrong way for a part that is rarer, or more common, than expected.
fn search(filter: &UserFilter, query: &str) -> Statement<ListSql> {
    let (conditions, columns) = (conditions(filter), columns::<UserRow>());
    // Addresses and usernames were put in lower case by the domain; a name is by the database, ASCII first: in
    // Turkish, `I` is not the capital of `i`. The index `users_search` has it in the same words.
    let lower = |text: &str| format!("lower(lower({text} COLLATE \"C\") COLLATE \"default\")");
    let (name, part) = (lower("full_name"), lower("?"));
    let (contains, query) = if has_trigram(query) {
        (format!("email LIKE ? OR username LIKE ? OR {name} LIKE {part}"), pattern(query))
    } else {
        // In words that the index does not know, for it would be walked from end to end.
        let contains =
            format!("strpos(email, ?) > 0 OR strpos(username, ?) > 0 OR strpos({name}, {part}) > 0");
        (contains, query.to_owned())
    };
    Statement::new(format!(
        "WITH found AS MATERIALIZED (SELECT id FROM users WHERE ({contains}){conditions}),
            page AS (SELECT id FROM found ORDER BY id LIMIT ? OFFSET ?)
        SELECT total, {columns} FROM (SELECT count(*) AS total FROM found) AS counted
        LEFT JOIN (page JOIN users USING (id)) ON true ORDER BY users.id"
    ))
    .bind::<Text, _>(query.to_lowercase())
    .bind::<Text, _>(query.to_lowercase())
    .bind::<Text, _>(query)
    .bind::<BigInt, _>(i64::from(filter.limit))
    .bind::<BigInt, _>(skip(filter))
}

/// Whether an index of parts of three characters helps to find `query`.
fn has_trigram(query: &str) -> bool {
    query.split(|char: char| !char.is_alphanumeric()).any(|word| word.chars().nth(2).is_some())
}

/// What LIKE takes for "contains `part`".
fn pattern(part: &str) -> String {
    let mut pattern = String::from("%");
    for char in part.chars() {
        if matches!(char, '\\' | '%' | '_') {
            pattern.push('\\');
        }
        pattern.push(char);
    }
    pattern.push('%');
    pattern
}

fn skip(filter: &UserFilter) -> i64 {
    i64::try_from(filter.skip).unwrap_or(i64::MAX)
}

/// Only those that there are, and as literals, so that each kind of listing is planned for itself and rare kinds are
/// found in the indexes of their own.
fn conditions(filter: &UserFilter) -> String {
    let role = filter.role.map(|role| format!(" AND role = '{}'", role.as_str()));
    let is = |flag: Option<bool>, column: &str| {
        flag.map(|flag| if flag { format!(" AND {column}") } else { format!(" AND NOT {column}") })
    };
    let all = [role, is(filter.is_active, "is_active"), is(filter.is_verified, "is_verified")];
    all.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_literal() {
        assert_eq!(pattern(r"10%_\d"), r"%10\%\_\\d%");
    }

    #[test]
    fn three_letters_or_digits_in_a_row_are_looked_up() {
        for query in ["abc", "a b cde", "12.345", "çelik", "иван"] {
            assert!(has_trigram(query), "{query}");
        }
        for query in ["ab", "a@b", "%%%", "12-34-56", ""] {
            assert!(!has_trigram(query), "{query}");
        }
    }
}

//! Pages of accounts: which one is asked for, and where the others are (RFC 8288).

use crate::extract::Query;
use crate::problem::Problem;
use evently_auth_domain::account::Role;
use evently_auth_domain::ports::UserFilter;
use form_urlencoded::Serializer;

/// Most entries on a page.
pub(super) const MAX_LIMIT: u64 = 500;
/// Entries on a page unless told otherwise.
pub(super) const DEFAULT_LIMIT: u64 = 100;
/// Most characters to search for: no address, username or name is longer.
const MAX_QUERY_CHARS: usize = 255;

pub(super) type Parsed<T> = Result<T, (&'static str, &'static str)>;

/// Reads which accounts a query asks for.
///
/// # Errors
/// Every fault of it as one validation problem.
pub(super) fn read_filter(query: &str) -> Result<UserFilter, Problem> {
    let mut query = Query::new(query);
    let filter = UserFilter {
        query: query.filter("q", search),
        role: query.filter("role", role),
        is_active: query.filter("is_active", boolean),
        is_verified: query.filter("is_verified", boolean),
        skip: query.number("skip", 0..=i64::MAX.unsigned_abs(), 0),
        limit: u32::try_from(query.number("limit", 1..=MAX_LIMIT, DEFAULT_LIMIT)).unwrap_or(u32::MAX),
    };
    query.finish()?;
    Ok(filter)
}

fn search(text: &str) -> Parsed<String> {
    if text.chars().count() > MAX_QUERY_CHARS {
        return Err(("too_long", "At most 255 characters are searched for."));
    }
    if text.chars().any(char::is_control) {
        return Err(("invalid_format", "Nothing with control characters can be found."));
    }
    Ok(text.to_owned())
}

fn role(text: &str) -> Parsed<Role> {
    text.parse().map_err(|_| ("invalid_value", "A role is user or admin."))
}

fn boolean(text: &str) -> Parsed<bool> {
    text.parse().map_err(|_| ("wrong_type", "This parameter is true or false."))
}

/// The value of `Link`: the pages around the one that `filter` asks for.
pub(super) fn links(path: &str, filter: &UserFilter, total: u64) -> String {
    let limit = u64::from(filter.limit).max(1);
    let mut pages = vec![("first", 0)];
    if filter.skip > 0 {
        pages.push(("prev", filter.skip.saturating_sub(limit)));
    }
    if filter.skip.saturating_add(limit) < total {
        pages.push(("next", filter.skip + limit));
    }
    pages.push(("last", total.saturating_sub(1) / limit * limit));
    let links =
        pages.into_iter().map(|(name, skip)| format!("<{path}?{}>; rel=\"{name}\"", page(filter, skip)));
    links.collect::<Vec<_>>().join(", ")
}

fn page(filter: &UserFilter, skip: u64) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("skip", &skip.to_string()).append_pair("limit", &filter.limit.to_string());
    let filters = [
        ("q", filter.query.clone()),
        ("role", filter.role.map(|role| role.to_string())),
        ("is_active", filter.is_active.map(|active| active.to_string())),
        ("is_verified", filter.is_verified.map(|verified| verified.to_string())),
    ];
    for (name, value) in filters {
        if let Some(value) = value {
            query.append_pair(name, &value);
        }
    }
    query.finish()
}

#[cfg(test)]
mod tests {
    use super::{links, read_filter};

    #[test]
    fn links_lead_around_and_keep_the_filters() {
        let filter = read_filter("skip=20&limit=10&q=%C3%A9%22%3E%3B%26&role=admin&x=1").unwrap();
        let rest = "&limit=10&q=%C3%A9%22%3E%3B%26&role=admin";
        assert_eq!(
            links("/users", &filter, 45),
            format!(
                "</users?skip=0{rest}>; rel=\"first\", </users?skip=10{rest}>; rel=\"prev\", \
                 </users?skip=30{rest}>; rel=\"next\", </users?skip=40{rest}>; rel=\"last\""
            )
        );
    }

    #[test]
    fn ends_have_no_neighbours() {
        let of = |query: &str, total| links("/u", &read_filter(query).unwrap(), total);
        assert_eq!(of("", 0), "</u?skip=0&limit=100>; rel=\"first\", </u?skip=0&limit=100>; rel=\"last\"");
        assert!(!of("limit=5", 5).contains("next"));
        assert!(of("limit=5", 6).contains("skip=5&limit=5>; rel=\"last\""));
        assert!(of("skip=9223372036854775807", 5).contains("prev"));
    }

    #[test]
    fn filters_without_a_value_are_none() {
        let filter = read_filter("q=&role=&is_active=&is_verified=").unwrap();
        assert_eq!(
            (filter.query, filter.role, filter.is_active, filter.is_verified),
            (None, None, None, None)
        );
        for query in [
            "role=root",
            "is_active=1",
            "is_verified=True",
            "limit=0",
            "skip=-1",
            "q=%00",
            "role=user&role=user",
        ] {
            assert!(read_filter(query).is_err(), "{query}");
        }
    }
}

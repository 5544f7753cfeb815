//! Pages of the audit: which one is asked for, and where the next is (RFC 8288). They go by time and id, so that what
//! happens meanwhile moves nothing from one page to another.

use super::paging::{DEFAULT_LIMIT, MAX_LIMIT, Parsed};
use crate::extract::{Query, is_request_id};
use crate::problem::Problem;
use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use evently_auth_domain::account::UserId;
use evently_auth_domain::audit::{AuditAction, AuditFilter, AuditOutcome, AuditPlace};
use form_urlencoded::Serializer;
use std::net::IpAddr;

/// What a query asks for.
pub(super) struct Page {
    pub(super) filter: AuditFilter,
    /// Events behind this place alone.
    pub(super) before: Option<AuditPlace>,
    pub(super) limit: u32,
}

/// Reads which events a query asks for.
///
/// # Errors
/// Every fault of it as one validation problem.
pub(super) fn read_page(query: &str) -> Result<Page, Problem> {
    let mut query = Query::new(query);
    let page = Page {
        filter: AuditFilter {
            actor: query.filter("actor", user),
            subject: query.filter("subject", user),
            action: query.filter("action", action),
            outcome: query.filter("outcome", outcome),
            ip_address: query.filter("ip_address", address),
            request_id: query.filter("request_id", request_id),
            since: query.filter("since", time),
            until: query.filter("until", time),
        },
        before: query.filter("cursor", cursor),
        limit: u32::try_from(query.number("limit", 1..=MAX_LIMIT, DEFAULT_LIMIT)).unwrap_or(u32::MAX),
    };
    query.finish()?;
    Ok(page)
}

fn user(text: &str) -> Parsed<UserId> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(("wrong_type", "An account is named by its id, a whole number."));
    }
    let id = text.parse().ok().filter(|id| *id > 0);
    id.map(UserId).ok_or(("out_of_range", "An id is between 1 and 9223372036854775807."))
}

fn action(text: &str) -> Parsed<AuditAction> {
    AuditAction::parse(text).ok_or(("invalid_value", "There is no such action."))
}

fn outcome(text: &str) -> Parsed<AuditOutcome> {
    AuditOutcome::parse(text).ok_or(("invalid_value", "An outcome is success or failure."))
}

fn address(text: &str) -> Parsed<IpAddr> {
    let address = text.parse::<IpAddr>().map_err(|_| ("invalid_format", "This is no IP address."))?;
    Ok(address.to_canonical())
}

fn request_id(text: &str) -> Parsed<String> {
    if is_request_id(text) {
        return Ok(text.to_owned());
    }
    Err(("invalid_format", "A request id has up to 128 letters, digits, dots, underscores and hyphens."))
}

fn time(text: &str) -> Parsed<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text)
        .map_err(|_| ("invalid_format", "A time is written as in RFC 3339."))?
        .to_utc();
    if is_of_our_era(time) { Ok(time) } else { Err(("out_of_range", "A year is between 1 and 9999.")) }
}

/// Whether a store takes this time, and a link can spell it: RFC 3339 has years of four digits, and no store has all of
/// those that are longer.
fn is_of_our_era(time: DateTime<Utc>) -> bool {
    (1..=9_999).contains(&time.year())
}

/// One spelling for each place.
fn cursor(text: &str) -> Parsed<AuditPlace> {
    let number = |digits: &str| u64::from_str_radix(digits, 16).ok().map(u64::cast_signed);
    let place = text
        .split_at_checked(16)
        .and_then(|(at, id)| Some((DateTime::from_timestamp_micros(number(at)?)?, number(id)?)));
    let place = place.filter(|place| is_of_our_era(place.0) && spelled(*place) == text);
    place.ok_or(("invalid_format", "A cursor is taken from the link to the next page."))
}

fn spelled((at, id): AuditPlace) -> String {
    format!("{:016x}{id:016x}", at.timestamp_micros())
}

/// The value of `Link`: the first page, and the one behind the place `next` if there is one.
pub(super) fn links(path: &str, page: &Page, next: Option<AuditPlace>) -> String {
    let first = format!("<{path}?{}>; rel=\"first\"", query(page, None));
    match next {
        Some(next) => format!("{first}, <{path}?{}>; rel=\"next\"", query(page, Some(next))),
        None => first,
    }
}

fn query(page: &Page, before: Option<AuditPlace>) -> String {
    let filter = &page.filter;
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let mut query = Serializer::new(String::new());
    query.append_pair("limit", &page.limit.to_string());
    let members = [
        ("cursor", before.map(spelled)),
        ("actor", filter.actor.map(|actor| actor.to_string())),
        ("subject", filter.subject.map(|subject| subject.to_string())),
        ("action", filter.action.map(|action| action.as_str().to_owned())),
        ("outcome", filter.outcome.map(|outcome| outcome.as_str().to_owned())),
        ("ip_address", filter.ip_address.map(|address| address.to_string())),
        ("request_id", filter.request_id.clone()),
        ("since", filter.since.map(time)),
        ("until", filter.until.map(time)),
    ];
    for (name, value) in members {
        if let Some(value) = value {
            query.append_pair(name, &value);
        }
    }
    query.finish()
}

#[cfg(test)]
mod tests {
    use super::{cursor, links, read_page, spelled};
    use chrono::DateTime;

    #[test]
    fn links_keep_the_filters() {
        let filters = "actor=1&subject=2&action=session.logged_in&outcome=failure&ip_address=2001%3Adb8%3A%3A7\
            &request_id=a-1&since=2026-01-31T09%3A26%3A53Z&until=2026-01-31T09%3A26%3A53.000001Z";
        let page =
            read_page(&format!("limit=7&cursor=00000000000f4240000000000000002a&x=1&{filters}")).unwrap();
        let second = DateTime::from_timestamp(1, 0).unwrap();
        assert_eq!((page.before, page.limit), (Some((second, 42)), 7));
        let before_1970 = DateTime::from_timestamp_micros(-1).unwrap();
        assert_eq!(cursor(&spelled((before_1970, 1))).unwrap(), (before_1970, 1));
        assert_eq!(
            links("/audit", &page, Some((second, 30))),
            format!(
                "</audit?limit=7&{filters}>; rel=\"first\", \
                 </audit?limit=7&cursor=00000000000f4240000000000000001e&{filters}>; rel=\"next\""
            )
        );
        assert_eq!(links("/audit", &read_page("").unwrap(), None), "</audit?limit=100>; rel=\"first\"");
    }

    #[test]
    fn what_is_ill_formed_is_refused() {
        for query in [
            "actor=0",
            "actor=-1",
            "subject=9223372036854775808",
            "action=unreadable",
            "outcome=maybe",
            "ip_address=192.0.2",
            "request_id=a%20b",
            "since=2026-01-31",
            "until=now",
            "cursor=2a",
            "cursor=000000000000002a",
            "cursor=00000000000f4240000000000000002A",
            "cursor=00000000000f4240+00000000000002a",
            "cursor=00000000000f424%C3%A9000000000000002a",
            "cursor=7fffffffffffffff000000000000002a",
            "limit=501",
            "actor=1&actor=1",
        ] {
            assert!(read_page(query).is_err(), "{query}");
        }
    }

    #[test]
    fn times_are_those_that_every_store_has() {
        let time = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
        for (first_or_last, is_taken) in [
            ("0000-12-31T23:59:59.999999Z", false),
            ("0001-01-01T00:00:00Z", true),
            ("9999-12-31T23:59:59.999999Z", true),
            ("9999-12-31T23:59:59.999999-00:01", false),
        ] {
            let place = (time(first_or_last), i64::MAX);
            assert_eq!(cursor(&spelled(place)).ok(), is_taken.then_some(place), "{first_or_last}");
            for name in ["since", "until"] {
                let read = read_page(&format!("{name}={first_or_last}"));
                assert_eq!(read.is_ok(), is_taken, "{name} {first_or_last}");
            }
        }
        // What chrono has at its ends.
        for end in [DateTime::<chrono::Utc>::MIN_UTC, DateTime::<chrono::Utc>::MAX_UTC] {
            assert!(cursor(&spelled((end, 1))).is_err(), "{end}");
        }
    }

    #[test]
    fn an_address_is_found_however_it_is_written() {
        let page = read_page("ip_address=::ffff:192.0.2.1&since=2026-01-31T09:26:53%2B01:00").unwrap();
        assert_eq!(page.filter.ip_address, "192.0.2.1".parse().ok());
        assert_eq!(page.filter.since.unwrap().to_rfc3339(), "2026-01-31T08:26:53+00:00");
    }
}

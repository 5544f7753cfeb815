//! Checks that several settings share.

use percent_encoding::percent_decode_str;
use std::net::IpAddr;
use url::Url;

/// Text that a header or a log line can carry: no control characters, at most 255 characters.
pub(crate) fn plain_text(text: &str) -> Option<String> {
    let plain = !text.chars().any(char::is_control) && text.chars().count() <= 255;
    plain.then(|| text.to_owned())
}

/// A host name or an IP address; an IPv6 address without brackets.
pub(crate) fn host_name(text: &str) -> Option<String> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_');
    let named = !text.is_empty() && text.len() <= 253 && text.chars().all(allowed);
    (named || text.parse::<std::net::Ipv6Addr>().is_ok()).then(|| text.to_owned())
}

/// A part of a URL as it was meant.
pub(crate) fn percent_decode(text: &str) -> Result<String, String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(String::from).map_err(|_| "it holds bytes that are not UTF-8".into())
}

/// An http or https URL that names a place alone.
pub(crate) fn web_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    Some(url).filter(|_| plain)
}

/// The same as text, without a slash at the end, so that a path can follow.
pub(crate) fn base_url(text: &str) -> Option<String> {
    Some(web_url(text)?.as_str().trim_end_matches('/').to_owned())
}

/// Whether `host` (or the folder of a Unix socket) is this machine.
pub(crate) fn is_this_machine(host: &str) -> bool {
    host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

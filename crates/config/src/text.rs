//! Checks that several settings share.

use percent_encoding::percent_decode_str;

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

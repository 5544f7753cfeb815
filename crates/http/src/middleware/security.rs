//! Headers that tell browsers what not to do with an answer (OWASP ASVS 5.0, 3.4 and 3.5.8). What a page set for itself
//! stays.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

const DEFAULTS: [(HeaderName, &str); 7] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
    (header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

/// A year of nothing but HTTPS for this host and what is below it (RFC 6797).
const TRANSPORT: (HeaderName, &str) =
    (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");

/// Adds the headers that are missing. `https` says whether users reach the service by HTTPS.
pub(super) fn harden(headers: &mut HeaderMap, https: bool) {
    for (name, value) in DEFAULTS.into_iter().chain(https.then_some(TRANSPORT)) {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

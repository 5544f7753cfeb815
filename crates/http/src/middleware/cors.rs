//! Which origins' scripts may call the API (WHATWG Fetch, CORS): those on the list, and never all of them.

use crate::extract::X_DEVICE_TOKEN;
use actix_cors::Cors;
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;

/// What a script may read of an answer.
const EXPOSED: [&str; 8] = [
    "x-request-id",
    X_DEVICE_TOKEN,
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-total-count",
    "link",
    "retry-after",
];

/// What a script may send.
const ACCEPTED: [&str; 5] = ["authorization", "content-type", "accept", "x-request-id", X_DEVICE_TOKEN];

/// How long a browser may remember the answer to a preflight, in seconds.
const PREFLIGHT_MAX_AGE: usize = 3600;

/// The rules for `origins`, credentials included. A foreign origin is served like no origin at all.
pub(crate) fn cors(origins: &[String]) -> Cors {
    let rules = Cors::default()
        .allowed_methods(["GET", "HEAD", "POST", "PUT", "DELETE"])
        .allowed_headers(ACCEPTED)
        .expose_headers(EXPOSED)
        .supports_credentials()
        .max_age(PREFLIGHT_MAX_AGE)
        .block_on_origin_mismatch(false);
    origins.iter().fold(rules, |rules, origin| rules.allowed_origin(origin))
}

/// Takes away what [`cors`] says to origins that are not on the list, and notes that the answer depends on `Origin`.
pub(crate) async fn strip_foreign<B: MessageBody>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let mut response = next.call(req).await?;
    let headers = response.headers_mut();
    if !headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        let names: Vec<HeaderName> = headers.keys().cloned().collect();
        for name in names.iter().filter(|name| name.as_str().starts_with("access-control-")) {
            headers.remove(name);
        }
    }
    let varies = |value: &HeaderValue| {
        value
            .to_str()
            .is_ok_and(|text| text.split(',').any(|name| name.trim().eq_ignore_ascii_case("origin")))
    };
    if !headers.get_all(header::VARY).any(varies) {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
    Ok(response)
}

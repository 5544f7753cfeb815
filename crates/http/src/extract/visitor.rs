//! The caller as the transport knows it; noted once per request, before anything else happens.

use super::client_address;
use crate::state::HttpState;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::header::{self, HeaderMap};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use evently_auth_domain::client::{Client, UserAgent};
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;
use uuid::Uuid;

/// Most characters of a request id that is taken over.
const MAX_REQUEST_ID_CHARS: usize = 128;

/// The header that carries the request id both ways.
pub(crate) const X_REQUEST_ID: &str = "x-request-id";

/// What is known of a request before it is routed.
#[derive(Clone)]
pub(crate) struct RequestContext {
    /// Who calls; knows the request id, and the limits that were consulted.
    pub(crate) client: Client,
    /// When it came in.
    pub(crate) started: Instant,
}

impl RequestContext {
    /// What `req` tells.
    pub(crate) fn of(req: &ServiceRequest) -> Self {
        let headers = req.headers();
        let peer = req.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        let trusted = req.app_data::<web::Data<HttpState>>().map(|state| state.trusted_proxies.clone());
        let address = client_address(peer, headers, trusted.as_deref().unwrap_or_default());
        let agent = headers.get(header::USER_AGENT);
        let agent = agent.and_then(|agent| UserAgent::parse(&String::from_utf8_lossy(agent.as_bytes())));
        Self { client: Client::new(address, agent, request_id(headers)), started: Instant::now() }
    }
}

/// The caller's own request id when it is a sane one, else a fresh one.
fn request_id(headers: &HeaderMap) -> String {
    let sent = headers.get(X_REQUEST_ID).and_then(|id| id.to_str().ok()).filter(|id| is_request_id(id));
    sent.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned)
}

/// Whether `text` can be the id of a request.
pub(crate) fn is_request_id(text: &str) -> bool {
    (1..=MAX_REQUEST_ID_CHARS).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// Somebody who need not be signed in.
pub(crate) struct Visitor(pub(crate) Client);

impl Visitor {
    /// Who made `req`.
    pub(crate) fn of(req: &HttpRequest) -> Self {
        let noted = req.extensions().get::<RequestContext>().cloned();
        let unknown = || Client::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), None, Uuid::new_v4().to_string());
        Self(noted.map_or_else(unknown, |context| context.client))
    }
}

impl FromRequest for Visitor {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(req)))
    }
}

#[cfg(test)]
mod tests {
    use super::{X_REQUEST_ID, request_id};
    use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

    #[test]
    fn takes_over_sane_ids_alone() {
        let with = |id: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static(X_REQUEST_ID), HeaderValue::from_str(id).unwrap());
            request_id(&headers)
        };
        assert_eq!(with("a.B_c-1"), "a.B_c-1");
        assert_eq!(with(&"x".repeat(128)), "x".repeat(128));
        for strange in ["", "a b", "a/b", "a\"b", &"x".repeat(129)] {
            assert_ne!(with(strange), strange);
        }
    }
}

//! The service over HTTP: routes, request and response bodies, problems, and the layers around them.
//!
//! - A handler parses, calls one use case, and maps the result; rules live in the domain.
//! - Whatever goes wrong leaves as a problem (RFC 9457) with the request id in it.
//! - On a protected route nothing of a request is judged before its access token: 401 before 403 before 404 and 422.

mod app;
mod body;
mod draining;
mod dto;
mod extract;
mod metrics;
mod middleware;
mod openapi;
mod operations;
mod pages;
mod problem;
mod routes;
mod state;

pub use app::{app, serve};
pub use draining::Draining;
pub use metrics::metrics_recorder;
pub use openapi::openapi_json;
pub use operations::serve_operations;
pub use state::{HttpState, Probes};

/// Parsers of outside input, for the fuzz targets alone.
#[cfg(fuzzing)]
pub mod fuzzing {
    use actix_web::http::header::HeaderMap;
    use ipnet::IpNet;
    use std::net::IpAddr;

    /// Who is behind `peer`, as far as `trusted` hops tell.
    pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
        crate::extract::client_address(peer, headers, trusted)
    }

    /// Reads a body as strictly as the routes do; nothing when they would refuse it.
    pub fn parse_strict(body: &[u8]) -> Option<serde_json::Value> {
        crate::body::parse_strict(body).ok()
    }
}

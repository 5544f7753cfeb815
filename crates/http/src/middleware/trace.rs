//! One span, one log line and one measurement per request, named as OpenTelemetry names them. Neither a query nor a
//! raw path goes in: they may carry what nobody else should read.

use crate::extract::RequestContext;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use std::time::Instant;
use tracing::Span;
use tracing::field::Empty;
use tracing_actix_web::RootSpanBuilder;

/// The histogram of durations, in seconds.
pub(crate) const DURATION: &str = "http_server_request_duration_seconds";
/// The gauge of requests under way.
pub(crate) const ACTIVE: &str = "http_server_active_requests";
/// The route of requests that no route fits.
const UNMATCHED: &str = "unmatched";

/// Makes the span of a request.
pub(crate) struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(req: &ServiceRequest) -> Span {
        let context = req.extensions().get::<RequestContext>().cloned();
        let client = context.as_ref().map(|context| &context.client);
        let (method, route) = (method(req), route(req));
        let span = tracing::info_span!(
            "request",
            otel.kind = "server",
            otel.name = format_args!("{method} {route}"),
            http.request.method = method,
            http.route = route,
            http.response.status_code = Empty,
            client.address = client.map(|client| tracing::field::display(client.address)),
            request_id = client.map(|client| client.request_id.as_str()),
            trace_id = Empty,
            otel.status_code = Empty,
        );
        super::parent::adopt(&span, req.headers());
        span
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let (status, started) = match outcome {
            Ok(response) => {
                let extensions = response.request().extensions();
                let started = extensions.get::<RequestContext>().map(|context| context.started);
                (response.status(), started)
            }
            Err(error) => (error.as_response_error().status_code(), None),
        };
        span.record("http.response.status_code", status.as_u16());
        if status.is_server_error() {
            span.record("otel.status_code", "ERROR");
        }
        let duration_us = started.and_then(|started| u64::try_from(started.elapsed().as_micros()).ok());
        span.in_scope(|| tracing::info!(duration_us, "request answered"));
    }
}

/// Measures every request.
pub(crate) async fn measure<B: MessageBody>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let (method, route) = (method(&req), route(&req));
    let active = metrics::gauge!(ACTIVE);
    let started = Instant::now();
    active.increment(1.0);
    let result = next.call(req).await;
    active.decrement(1.0);
    let status = match &result {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    metrics::histogram!(
        DURATION,
        "http_request_method" => method,
        "http_route" => route,
        "http_response_status_code" => status.as_str().to_owned(),
    )
    .record(started.elapsed());
    result
}

/// The method, of those that are known: a label is no place for what strangers make up.
fn method(req: &ServiceRequest) -> &'static str {
    match req.method().as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        "PATCH" => "PATCH",
        _ => "_OTHER",
    }
}

/// The template of the path.
fn route(req: &ServiceRequest) -> String {
    req.match_pattern().unwrap_or_else(|| UNMATCHED.to_owned())
}

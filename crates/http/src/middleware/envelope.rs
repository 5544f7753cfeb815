//! The outermost layer: every request has an id and a caller, every answer has the id, the security headers and, when
//! it is an error, the shape of a problem. A panic is an error like any other.

use super::security::harden;
use crate::extract::{RequestContext, X_REQUEST_ID};
use crate::problem::{Problem, ProblemKind, render};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;

/// See the module.
pub(crate) async fn envelope(
    mut req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let context = RequestContext::of(&req);
    let request_id = context.client.request_id.clone();
    req.extensions_mut().insert(context);
    // HEAD is GET without a body (RFC 9110, 9.3.2); the connection leaves the body out.
    if req.method() == Method::HEAD {
        req.head_mut().method = Method::GET;
    }
    let called = AssertUnwindSafe(next.call(req)).catch_unwind().await;
    let result = called.unwrap_or_else(|_| {
        tracing::error!(request_id, "a request panicked");
        Err(Problem::new(ProblemKind::Internal, "Something went wrong on our side. It has been noted.")
            .into())
    });
    match result {
        Ok(response) => {
            let (req, response) = response.into_parts();
            Ok(ServiceResponse::new(req, seal(response.map_into_boxed_body(), &request_id)))
        }
        Err(mut error) => {
            error.add_response_mapper(move |response| seal(response, &request_id));
            Err(error)
        }
    }
}

fn seal(response: HttpResponse, request_id: &str) -> HttpResponse {
    let mut response = render(response, request_id);
    let headers = response.headers_mut();
    harden(headers);
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(HeaderName::from_static(X_REQUEST_ID), value);
    }
    response
}

//! The outermost layer but for `finish`: every request has an id and a caller, every answer has the id, the security
//! headers and, when it is an error, the shape of a problem. A panic is an error like any other.

use super::security::harden;
use crate::draining::Draining;
use crate::extract::{RequestContext, X_REQUEST_ID};
use crate::problem::{Problem, ProblemKind, render};
use crate::state::HttpState;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, web};
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
    let draining = req.app_data::<web::Data<Draining>>().cloned();
    let https = req.app_data::<web::Data<HttpState>>().is_some_and(|state| state.https);
    let seal = move |response: HttpResponse, request_id: &str| {
        let mut response = seal(response, request_id, https);
        if draining.as_ref().is_some_and(|draining| draining.has_begun()) {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        response
    };
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

fn seal(response: HttpResponse, request_id: &str, https: bool) -> HttpResponse {
    let mut response = render(response, request_id);
    let headers = response.headers_mut();
    harden(headers, https);
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(HeaderName::from_static(X_REQUEST_ID), value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::envelope;
    use actix_web::body::to_bytes;
    use actix_web::dev::Service;
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, init_service};
    use actix_web::{App, HttpResponse, error, web};

    async fn broken() -> HttpResponse {
        panic!("a bug")
    }

    async fn plain() -> Result<HttpResponse, error::Error> {
        Err(error::ErrorImATeapot("some text of a library"))
    }

    async fn answer(path: &str) -> (u16, serde_json::Value) {
        let app = App::new()
            .route("/broken", web::get().to(broken))
            .route("/plain", web::get().to(plain))
            .wrap(from_fn(envelope));
        let service = init_service(app).await;
        let response = match service.call(TestRequest::with_uri(path).to_request()).await {
            Ok(response) => response.into_parts().1,
            Err(error) => error.error_response(),
        };
        assert!(response.headers().contains_key("x-request-id"));
        assert!(response.headers().contains_key("content-security-policy"));
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body()).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    #[actix_web::test]
    async fn a_panic_is_an_internal_problem() {
        let (status, body) = answer("/broken").await;
        assert_eq!((status, &body["type"]), (500, &"/problems/internal".into()));
        assert!(!body.to_string().contains("a bug"));
    }

    #[actix_web::test]
    async fn errors_of_libraries_become_problems() {
        let (status, body) = answer("/plain").await;
        assert_eq!((status, &body["type"]), (400, &"/problems/bad-request".into()));
        assert!(!body.to_string().contains("library"));
    }
}

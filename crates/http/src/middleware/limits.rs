//! `X-RateLimit-*` on every answer of a limited route, also where the use case was never called.

use crate::extract::Visitor;
use crate::state::HttpState;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, web};
use evently_auth_domain::client::Client;
use evently_auth_domain::limits::LimitStatus;
use evently_auth_domain::usecases::LimitedRoute;
use std::pin::Pin;

type Answer<B> = Pin<Box<dyn Future<Output = Result<ServiceResponse<B>, Error>>>>;

/// A middleware that tells where the caller stands: by what the use case consulted, else by the limit that `route` has
/// for the caller's network. Without a `route`, the limit is the account's, and is told where it was consulted.
pub(crate) fn show_limits<B: MessageBody + 'static>(
    route: Option<LimitedRoute>,
) -> impl Fn(ServiceRequest, Next<B>) -> Answer<B> {
    move |req, next| {
        Box::pin(async move {
            let mut response = next.call(req).await?;
            let Visitor(client) = Visitor::of(response.request());
            let status = match (client.limit(), route) {
                (Some(status), _) => Some(status),
                (None, Some(route)) => peek(response.request(), route, &client).await,
                (None, None) => None,
            };
            if let Some(status) = status {
                tell(response.headers_mut(), status);
            }
            Ok(response)
        })
    }
}

/// Should the limits be away, the answer goes without: the route itself told of the failure.
async fn peek(req: &HttpRequest, route: LimitedRoute, client: &Client) -> Option<LimitStatus> {
    let state = req.app_data::<web::Data<HttpState>>().cloned()?;
    state.auth.peek_limit(route, client).await.ok()
}

fn tell(headers: &mut HeaderMap, status: LimitStatus) {
    let values = [
        ("x-ratelimit-limit", u64::from(status.limit)),
        ("x-ratelimit-remaining", u64::from(status.remaining)),
        ("x-ratelimit-reset", status.reset_seconds()),
    ];
    for (name, value) in values {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
}

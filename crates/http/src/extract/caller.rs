//! The bearer of an access token (RFC 6750), authenticated before anything else of the request is looked at.

use super::Visitor;
use crate::problem::{Problem, ProblemKind};
use crate::state::HttpState;
use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{FromRequest, HttpRequest, web};
use evently_auth_domain::access::Principal;
use evently_auth_domain::client::Client;
use futures_util::future::LocalBoxFuture;

/// Somebody who is signed in.
pub(crate) struct Caller {
    /// Who.
    pub(crate) principal: Principal,
    /// From where.
    pub(crate) client: Client,
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let state = req.app_data::<web::Data<HttpState>>().cloned();
        let token = bearer_token(req.headers());
        let client = Visitor::of(req).0;
        Box::pin(async move {
            let state = state.ok_or_else(|| Problem::new(ProblemKind::Internal, "No state."))?;
            let principal = state.auth.authenticate(&token?, &client).await?;
            Ok(Self { principal, client })
        })
    }
}

/// The one token of the request; the scheme is written in any case (RFC 9110, 11.1).
fn bearer_token(headers: &HeaderMap) -> Result<String, Problem> {
    let missing = || Problem::new(ProblemKind::InvalidToken, "An access token is needed.");
    let mut values = headers.get_all(header::AUTHORIZATION);
    let value = values.next().ok_or_else(missing)?;
    let invalid = || Problem::new(ProblemKind::InvalidToken, "The access token is not valid.").token_sent();
    let text = value.to_str().map_err(|_| invalid())?.trim();
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("bearer") || token.trim().is_empty() {
        return Err(missing());
    }
    if values.next().is_some() {
        return Err(invalid());
    }
    Ok(token.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::bearer_token;
    use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};

    fn token(values: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_static(value));
        }
        bearer_token(&headers).ok()
    }

    #[test]
    fn takes_the_one_token() {
        for value in ["Bearer abc", "bearer abc", "BEARER  abc "] {
            assert_eq!(token(&[value]).as_deref(), Some("abc"), "{value:?}");
        }
        for values in
            [&[] as &[_], &["Basic abc"], &["Bearer"], &["Bearer "], &["abc"], &["Bearer a", "Bearer b"]]
        {
            assert_eq!(token(values), None, "{values:?}");
        }
    }
}

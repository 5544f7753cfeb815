//! Every error of the service is a problem (RFC 9457): one shape, one table of kinds, one place that logs failures.

mod from;
mod kind;
mod render;

pub(crate) use kind::ProblemKind;
pub(crate) use render::render;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use serde::Serialize;
use std::borrow::Cow;
use std::fmt;
use utoipa::ToSchema;

/// Seconds after which a failure of ours may have passed.
const RETRY_AFTER_FAILURE: u64 = 5;

/// One reason why one member of a request was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// The member of the body, or the parameter of the query.
    #[schema(examples("password"))]
    pub(crate) field: Cow<'static, str>,
    /// Stable, for programs.
    #[schema(examples("too_short"))]
    pub(crate) code: Cow<'static, str>,
    /// A sentence for people.
    #[schema(examples("A password has at least 8 characters."))]
    pub(crate) message: String,
}

/// An error on its way to the caller; becomes the body when the answer leaves.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    kind: ProblemKind,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    remaining_attempts: Option<u32>,
    retry_after: Option<u64>,
    token_sent: bool,
}

impl Problem {
    /// A problem of this kind; `detail` is written for the caller.
    pub(crate) fn new(kind: ProblemKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            remaining_attempts: None,
            retry_after: None,
            token_sent: false,
        }
    }

    /// Values that break rules, all of them at once.
    pub(crate) fn validation(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::new(ProblemKind::Validation, "Some values are missing or not valid.") }
    }

    /// A code that does not fit, with the attempts that are left.
    pub(crate) fn invalid_code(remaining_attempts: u32) -> Self {
        Self {
            remaining_attempts: Some(remaining_attempts),
            ..Self::new(ProblemKind::InvalidCode, "Invalid or expired code.")
        }
    }

    /// A path that leads nowhere.
    pub(crate) fn unknown_route() -> Self {
        Self::new(ProblemKind::NotFound, "There is nothing at this address.")
    }

    /// A failure of ours that trying again does not help; logs it.
    pub(crate) fn internal(error: impl std::error::Error + 'static) -> Self {
        Self::failure(ProblemKind::Internal, &error)
    }

    /// Tells when trying again makes sense, in seconds.
    #[must_use]
    pub(crate) fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds.max(1)), ..self }
    }

    /// Notes that the caller did send a token (RFC 6750, 3.1).
    #[must_use]
    pub(crate) fn token_sent(self) -> Self {
        Self { token_sent: true, ..self }
    }

    /// A failure of ours: the cause is for the log, here and once.
    fn failure(kind: ProblemKind, error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!("error.type" = kind.slug(), %error, "a request failed");
        let detail = match kind {
            ProblemKind::Internal => "Something went wrong on our side. It has been noted.",
            _ => "Something that this service needs does not answer. Please try again shortly.",
        };
        let problem = Self::new(kind, detail);
        if kind.status() == StatusCode::SERVICE_UNAVAILABLE {
            problem.retry_after(RETRY_AFTER_FAILURE)
        } else {
            problem
        }
    }

    /// The body as `request_id` gets to see it.
    pub(crate) fn body(&self, request_id: &str) -> ProblemBody<'_> {
        let attempts = self.remaining_attempts;
        ProblemBody {
            r#type: format!("/problems/{}", self.kind.slug()),
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            detail: &self.detail,
            instance: format!("/requests/{request_id}"),
            errors: &self.errors,
            success: attempts.map(|_| false),
            verified: attempts.map(|_| false),
            message: attempts.map(|_| self.detail.as_ref()),
            remaining_attempts: attempts,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.slug(), self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.kind.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.kind.status());
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.kind.status() == StatusCode::UNAUTHORIZED {
            let challenge = if self.token_sent { r#"Bearer error="invalid_token""# } else { "Bearer" };
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response.extensions_mut().insert(self.clone());
        response
    }
}

/// An error as it is sent: `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody<'a> {
    /// Which kind of error, and the address of a page about it.
    #[schema(examples("/problems/validation"), format = "uri-reference")]
    r#type: String,
    /// The kind in words.
    title: &'a str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What happened this time, for the caller.
    detail: &'a str,
    /// This occurrence; ends in the request id.
    #[schema(format = "uri-reference")]
    instance: String,
    /// Validation alone: one entry for each fault.
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    #[schema(required = false)]
    errors: &'a [FieldError],
    /// `invalid-code` alone: `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    success: Option<bool>,
    /// `invalid-code` alone: `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    verified: Option<bool>,
    /// `invalid-code` alone: the same as `detail`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    message: Option<&'a str>,
    /// `invalid-code` alone: how many attempts are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    remaining_attempts: Option<u32>,
}

//! The one table of problem slugs, statuses and titles.

use actix_web::http::StatusCode;

/// Every kind of error that the service answers with; each has a page at `/problems/<slug>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ProblemKind {
    /// A request that HTTP itself cannot make sense of.
    BadRequest,
    /// The body is not JSON.
    MalformedJson,
    /// The one-time code does not fit.
    InvalidCode,
    /// The current password does not fit.
    WrongPassword,
    /// An administrator acted on the own account.
    SelfAction,
    /// Nobody can sign in with this.
    InvalidCredentials,
    /// No access token, or none that is good; the same for refresh tokens.
    InvalidToken,
    /// The address was never proven.
    EmailUnverified,
    /// The role does not allow it.
    Forbidden,
    /// No such thing.
    NotFound,
    /// The path knows other methods.
    MethodNotAllowed,
    /// The body took too long to arrive.
    RequestTimeout,
    /// Address or username are taken.
    AccountExists,
    /// What stands for the registration of a taken address is no account.
    HeldName,
    /// It would leave nobody to administer.
    LastAdmin,
    /// The body is too long.
    PayloadTooLarge,
    /// The body is not declared as JSON.
    UnsupportedMediaType,
    /// Values that break a rule.
    Validation,
    /// Too many requests.
    RateLimited,
    /// The headers are too long.
    HeadersTooLarge,
    /// Something broke for good.
    Internal,
    /// Something is away for the moment.
    Unavailable,
    /// Too much work waits already.
    Overloaded,
}

impl ProblemKind {
    /// All of them, by status.
    pub(crate) const ALL: [Self; 23] = [
        Self::BadRequest,
        Self::MalformedJson,
        Self::InvalidCode,
        Self::WrongPassword,
        Self::SelfAction,
        Self::InvalidCredentials,
        Self::InvalidToken,
        Self::EmailUnverified,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::AccountExists,
        Self::HeldName,
        Self::LastAdmin,
        Self::PayloadTooLarge,
        Self::UnsupportedMediaType,
        Self::Validation,
        Self::RateLimited,
        Self::HeadersTooLarge,
        Self::Internal,
        Self::Unavailable,
        Self::Overloaded,
    ];

    const fn row(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Self::BadRequest => ("bad-request", StatusCode::BAD_REQUEST, "Bad request"),
            Self::MalformedJson => ("malformed-json", StatusCode::BAD_REQUEST, "Malformed JSON"),
            Self::InvalidCode => ("invalid-code", StatusCode::BAD_REQUEST, "Invalid or expired code"),
            Self::WrongPassword => ("wrong-password", StatusCode::BAD_REQUEST, "Wrong password"),
            Self::SelfAction => ("self-action", StatusCode::BAD_REQUEST, "Not on your own account"),
            Self::InvalidCredentials => {
                ("invalid-credentials", StatusCode::UNAUTHORIZED, "Invalid credentials")
            }
            Self::InvalidToken => ("invalid-token", StatusCode::UNAUTHORIZED, "Invalid token"),
            Self::EmailUnverified => {
                ("email-unverified", StatusCode::FORBIDDEN, "E-mail address not verified")
            }
            Self::Forbidden => ("forbidden", StatusCode::FORBIDDEN, "Not enough permissions"),
            Self::NotFound => ("not-found", StatusCode::NOT_FOUND, "Not found"),
            Self::MethodNotAllowed => {
                ("method-not-allowed", StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
            }
            Self::RequestTimeout => ("request-timeout", StatusCode::REQUEST_TIMEOUT, "Request time-out"),
            Self::AccountExists => ("account-exists", StatusCode::CONFLICT, "Account exists"),
            Self::HeldName => ("held-name", StatusCode::CONFLICT, "Held name"),
            Self::LastAdmin => ("last-admin", StatusCode::CONFLICT, "Last administrator"),
            Self::PayloadTooLarge => {
                ("payload-too-large", StatusCode::PAYLOAD_TOO_LARGE, "Payload too large")
            }
            Self::UnsupportedMediaType => {
                ("unsupported-media-type", StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported media type")
            }
            Self::Validation => ("validation", StatusCode::UNPROCESSABLE_ENTITY, "Validation failed"),
            Self::RateLimited => ("rate-limited", StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
            Self::HeadersTooLarge => {
                ("headers-too-large", StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Headers too large")
            }
            Self::Internal => ("internal", StatusCode::INTERNAL_SERVER_ERROR, "Internal error"),
            Self::Unavailable => ("unavailable", StatusCode::SERVICE_UNAVAILABLE, "Service unavailable"),
            Self::Overloaded => ("overloaded", StatusCode::SERVICE_UNAVAILABLE, "Service overloaded"),
        }
    }

    /// The name in `type` and in the address of its page.
    pub(crate) const fn slug(self) -> &'static str {
        self.row().0
    }

    /// The status that it is answered with.
    pub(crate) const fn status(self) -> StatusCode {
        self.row().1
    }

    /// The same few words each time (RFC 9457, 3.1.3).
    pub(crate) const fn title(self) -> &'static str {
        self.row().2
    }

    /// The kind with this slug.
    pub(crate) fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.slug() == slug)
    }

    /// What a bare status means, where nobody said more.
    pub(crate) fn from_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::InvalidToken,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::REQUEST_TIMEOUT => Self::RequestTimeout,
            StatusCode::PAYLOAD_TOO_LARGE => Self::PayloadTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::UNPROCESSABLE_ENTITY => Self::Validation,
            StatusCode::TOO_MANY_REQUESTS => Self::RateLimited,
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Self::HeadersTooLarge,
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable,
            other if other.is_server_error() => Self::Internal,
            _ => Self::BadRequest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ProblemKind;
    use std::collections::BTreeSet;

    #[test]
    fn slugs_are_unique_and_found_again() {
        let slugs: BTreeSet<_> = ProblemKind::ALL.iter().map(|kind| kind.slug()).collect();
        assert_eq!(slugs.len(), ProblemKind::ALL.len());
        for kind in ProblemKind::ALL {
            assert_eq!(ProblemKind::from_slug(kind.slug()), Some(kind));
        }
        assert_eq!(ProblemKind::from_slug("no-such"), None);
    }

    #[test]
    fn a_bare_status_keeps_its_class() {
        for kind in ProblemKind::ALL {
            let status = kind.status();
            assert_eq!(ProblemKind::from_status(status).status().as_u16() / 100, status.as_u16() / 100);
        }
    }
}

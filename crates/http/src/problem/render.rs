//! The net under all: whatever leaves with an error status leaves as a problem.

use super::{Problem, ProblemKind};
use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};

/// Gives an error its body. Answers that are JSON already (a health report) stay as they are.
pub(crate) fn render(mut response: HttpResponse, request_id: &str) -> HttpResponse {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let noted = response.extensions_mut().remove::<Problem>();
    let problem = match noted {
        Some(problem) => problem,
        None if is_json(&response) => return response,
        None => from_status(status),
    };
    *response.status_mut() = problem.kind.status();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::TRANSFER_ENCODING);
    offer_head(headers);
    match serde_json::to_vec(&problem.body(request_id)) {
        Ok(body) => response.set_body(BoxBody::new(body)),
        Err(error) => {
            tracing::error!(%error, "a problem could not be written");
            response.set_body(BoxBody::new(()))
        }
    }
}

fn is_json(response: &HttpResponse) -> bool {
    let content_type = response.headers().get(header::CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/json"))
}

fn from_status(status: StatusCode) -> Problem {
    let kind = ProblemKind::from_status(status);
    let detail = match kind {
        ProblemKind::NotFound => return Problem::unknown_route(),
        ProblemKind::MethodNotAllowed => "This address knows other methods; see the header Allow.",
        ProblemKind::PayloadTooLarge => "The request is too long.",
        ProblemKind::Internal => "Something went wrong on our side. It has been noted.",
        _ => "The request was refused.",
    };
    Problem::new(kind, detail)
}

/// Every GET answers HEAD as well.
fn offer_head(headers: &mut header::HeaderMap) {
    let Some(allow) = headers.get(header::ALLOW).and_then(|value| value.to_str().ok()) else {
        return;
    };
    let methods: Vec<&str> = allow.split(',').map(str::trim).collect();
    if methods.contains(&"GET") && !methods.contains(&"HEAD") {
        let offered = methods.iter().flat_map(|m| if *m == "GET" { vec!["GET", "HEAD"] } else { vec![*m] });
        let offered = offered.collect::<Vec<_>>().join(", ");
        if let Ok(value) = HeaderValue::try_from(offered) {
            headers.insert(header::ALLOW, value);
        }
    }
}

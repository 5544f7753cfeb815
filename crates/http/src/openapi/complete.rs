//! What all operations share: the ways in which bodies, tokens and limits fail, the headers of answers, and the shape of
//! problems.

use utoipa::Modify;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, Header, Object, OpenApi, Ref, RefOr, Type};

/// Completes the document.
pub(super) struct Complete;

impl Modify for Complete {
    fn modify(&self, document: &mut OpenApi) {
        document.info.license = None;
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        for (path, item) in &mut document.paths.paths {
            for operation in operations(item) {
                complete(path, operation);
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete].into_iter().flatten()
}

fn complete(path: &str, operation: &mut Operation) {
    let is_limited = operation.responses.responses.contains_key("429");
    if operation.request_body.is_some() {
        add(operation, "400", "`malformed-json`: no JSON, or a member appears twice");
        add(operation, "408", "`request-timeout`: the body took more than ten seconds to arrive");
        add(operation, "413", "`payload-too-large`: more than 64 KiB");
        add(operation, "415", "`unsupported-media-type`: not `application/json`");
        add(operation, "422", "`validation`: every fault in `errors`");
    }
    if operation.security.is_some() {
        add(operation, "401", "`invalid-token`: none was sent, or it is not valid or no longer");
    }
    if path.starts_with("/api/v1/admin/") {
        add(operation, "403", "`forbidden`: the caller is no administrator");
    }
    if path.starts_with("/api/v1/") {
        add(operation, "500", "`internal`");
        add(operation, "503", "`unavailable` or `overloaded`: try again after the time in `Retry-After`");
    }
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response {
            describe(status, response, is_limited);
        }
    }
}

/// Adds a failure, or adds it to what is there under the same status.
fn add(operation: &mut Operation, status: &str, description: &str) {
    match operation.responses.responses.get_mut(status) {
        Some(RefOr::T(response)) if response.description == "`validation`" => {
            response.description = description.to_owned();
        }
        Some(RefOr::T(response)) if status == "400" => {
            response.description = format!("{}; or {description}", response.description);
        }
        Some(_) => {}
        None => {
            let response = ResponseBuilder::new().description(description).build();
            operation.responses.responses.insert(status.to_owned(), RefOr::T(response));
        }
    }
}

fn describe(status: &str, response: &mut Response, is_limited: bool) {
    let is_problem = status.starts_with(['4', '5']);
    if is_problem && response.content.is_empty() {
        let problem = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
        response.content.insert("application/problem+json".to_owned(), RefOr::T(problem));
    }
    let headers = &mut response.headers;
    let mut header = |name: &str, header: Header| {
        headers.insert(name.to_owned(), RefOr::T(header));
    };
    header(
        "X-Request-Id",
        text("Ties the answer to the log; taken over from the request when it is a sane one"),
    );
    if status == "401" {
        let challenge = "`Bearer`, with `error=\"invalid_token\"` when a token was sent";
        header("WWW-Authenticate", text(challenge));
    }
    if matches!(status, "429" | "503") {
        header("Retry-After", number("After how many seconds to try again"));
    }
    if is_limited {
        header("X-RateLimit-Limit", number("Most requests in the window"));
        header("X-RateLimit-Remaining", number("How many more would pass now"));
        header("X-RateLimit-Reset", number("After how many seconds one more would pass than now"));
    }
}

fn text(description: &str) -> Header {
    HeaderBuilder::new().schema(Some(Object::with_type(Type::String))).description(Some(description)).build()
}

fn number(description: &str) -> Header {
    HeaderBuilder::new().schema(Some(Object::with_type(Type::Integer))).description(Some(description)).build()
}

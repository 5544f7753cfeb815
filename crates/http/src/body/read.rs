//! Reading a body: only JSON, at most 64 KiB, and not for ever. Nothing is read before the handler asks for it, so
//! that who may not call a route learns nothing from what was sent.

use super::{Fields, Malformed, parse_strict};
use crate::problem::{Problem, ProblemKind};
use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::BytesMut;
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::time::Duration;

/// Most bytes of a body.
const MAX_BYTES: usize = 64 * 1024;
/// Most bytes that are read and thrown away, so that a client gets to see the answer to a body that is too long.
const MAX_DISCARDED_BYTES: usize = 1024 * 1024;
/// How long a body may take to arrive.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// A body that was not read yet.
pub(crate) struct Body {
    media_type: MediaType,
    payload: Payload,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum MediaType {
    Json,
    Missing,
    Other,
}

impl FromRequest for Body {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Ok(Self { media_type: media_type(req.headers()), payload: payload.take() }))
    }
}

impl Body {
    /// Reads the body as a JSON object.
    ///
    /// # Errors
    /// A problem that says why it is none.
    pub(crate) async fn fields(self) -> Result<Fields, Problem> {
        let media_type = self.media_type;
        let read = tokio::time::timeout(MAX_WAIT, self.bytes()).await;
        let bytes = read.unwrap_or_else(|_| {
            Err(Problem::new(ProblemKind::RequestTimeout, "The body took more than ten seconds to arrive."))
        })?;
        if media_type == MediaType::Other || (media_type == MediaType::Missing && !bytes.is_empty()) {
            return Err(Problem::new(
                ProblemKind::UnsupportedMediaType,
                "The body is JSON, sent with Content-Type: application/json, in UTF-8 and not compressed.",
            ));
        }
        let value = parse_strict(&bytes)
            .map_err(|Malformed(detail)| Problem::new(ProblemKind::MalformedJson, detail))?;
        Fields::new(value)
    }

    async fn bytes(mut self) -> Result<BytesMut, Problem> {
        let mut bytes = BytesMut::new();
        let mut length = 0_usize;
        while let Some(chunk) = self.payload.next().await {
            let chunk = chunk.map_err(|_| {
                Problem::new(ProblemKind::BadRequest, "The body broke off before its announced end.")
            })?;
            length += chunk.len();
            if length <= MAX_BYTES {
                bytes.extend_from_slice(&chunk);
            } else if length > MAX_DISCARDED_BYTES {
                break;
            }
        }
        if length > MAX_BYTES {
            return Err(Problem::new(ProblemKind::PayloadTooLarge, "The body has at most 64 KiB."));
        }
        Ok(bytes)
    }
}

fn media_type(headers: &HeaderMap) -> MediaType {
    let identity = |value: &header::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers.get_all(header::CONTENT_ENCODING).any(|value| !identity(value)) {
        return MediaType::Other;
    }
    match headers.get(header::CONTENT_TYPE) {
        None => MediaType::Missing,
        Some(value) if value.to_str().is_ok_and(is_json) => MediaType::Json,
        Some(_) => MediaType::Other,
    }
}

/// `application/json`, and of all character sets UTF-8.
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    json && parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::is_json;

    #[test]
    fn knows_json_when_it_is_declared() {
        for yes in
            ["application/json", "Application/JSON ; charset=UTF-8", "application/json;charset=\"utf-8\""]
        {
            assert!(is_json(yes), "{yes}");
        }
        for no in
            ["text/plain", "application/json; charset=latin1", "application/jsonp", "", "application/xml"]
        {
            assert!(!is_json(no), "{no}");
        }
    }
}

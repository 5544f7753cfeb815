//! Files that pages load: compiled in, with an `ETag`, so that a browser fetches each once per version.

use super::KEEP_BRIEFLY;
use actix_web::http::header::{
    ACCEPT_ENCODING, AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, ETAG, Encoding, EntityTag, IfNoneMatch,
    VARY,
};
use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use flate2::read::GzDecoder;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::sync::LazyLock;

/// A file as it is sent.
pub(super) struct Asset {
    path: &'static str,
    content_type: &'static str,
    body: Bytes,
    is_gzipped: bool,
    etag: EntityTag,
}

impl Asset {
    /// The file that answers at `path`.
    pub(super) fn new(path: &'static str, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        // Keyed alike in every process, so instances of one build agree. Weak, for it may be sent compressed.
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        let etag = EntityTag::new_weak(format!("{:016x}", hasher.finish()));
        Self { path, content_type, body, is_gzipped: false, etag }
    }

    /// The same for a file that is compiled in as gzip made it. It is sent so to those who take it, as every browser
    /// does; for others it is unpacked.
    pub(super) fn gzipped(path: &'static str, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { is_gzipped: true, ..Self::new(path, content_type, body) }
    }

    /// The file, or 304 to a browser that has it (RFC 9110, 13.1.2).
    fn respond(&self, request: &HttpRequest) -> HttpResponse {
        let known = match request.get_header::<IfNoneMatch>() {
            Some(IfNoneMatch::Any) => true,
            Some(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(&self.etag)),
            None => false,
        };
        let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response.insert_header((ETAG, self.etag.to_string())).insert_header((CACHE_CONTROL, KEEP_BRIEFLY));
        if self.is_gzipped {
            response.insert_header((VARY, ACCEPT_ENCODING.as_str()));
        }
        if known {
            return response.finish();
        }
        response.content_type(self.content_type);
        if !self.is_gzipped {
            return response.body(self.body.clone());
        }
        if takes_gzip(request) {
            return response.insert_header((CONTENT_ENCODING, "gzip")).body(self.body.clone());
        }
        match unpack(&self.body) {
            Ok(body) => response.body(body),
            Err(error) => {
                tracing::error!(path = self.path, %error, "a file that was compiled in cannot be unpacked");
                HttpResponse::InternalServerError().finish()
            }
        }
    }

    /// Registers the file under its path.
    pub(super) fn register(&'static self, cfg: &mut ServiceConfig) {
        cfg.service(self.resource());
    }

    /// The file as a resource, for those who guard it.
    pub(super) fn resource(&'static self) -> actix_web::Resource {
        let respond = |request: HttpRequest| std::future::ready(self.respond(&request));
        web::resource(self.path).route(web::get().to(respond))
    }
}

/// Only where it is named: who says nothing of encodings gets the plain file (RFC 9110, 12.5.3 leaves the choice to us).
fn takes_gzip(request: &HttpRequest) -> bool {
    let accepted = request.get_header::<AcceptEncoding>();
    accepted.is_some_and(|accepted| accepted.negotiate([Encoding::gzip()].iter()) == Some(Encoding::gzip()))
}

fn unpack(gzipped: &[u8]) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    GzDecoder::new(gzipped).read_to_end(&mut plain)?;
    Ok(plain)
}

pub(super) const CSS: &str = "text/css; charset=utf-8";
pub(super) const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

static SHARED: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    const ICON: &str = include_str!("../../assets/favicon.svg");
    [
        Asset::new("/assets/style.css", CSS, include_str!("../../assets/style.css")),
        Asset::new("/favicon.svg", SVG, ICON),
        Asset::new("/favicon.ico", SVG, ICON),
    ]
});

/// Registers what all pages share.
pub(super) fn configure(cfg: &mut ServiceConfig) {
    for asset in SHARED.iter() {
        asset.register(cfg);
    }
}

//! `/docs`: the API's documentation, to read and to try, by Swagger UI from our own binary.

use super::assets::{Asset, CSS, JAVASCRIPT};
use super::{KEEP_BRIEFLY, page};
use crate::problem::Problem;
use actix_web::HttpResponse;
use actix_web::web::{self, Bytes, ServiceConfig};
use askama::Template;
use std::borrow::Cow;
use std::sync::{Arc, LazyLock};
use utoipa_swagger_ui::{Config, serve};

/// Swagger UI draws its icons from `data:` addresses and calls the API; its styles it sets by script,
/// attribute by attribute, which needs no permission.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage;

static FILES: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let ours = [
        Asset::new("/docs/docs.css", CSS, include_str!("../../assets/docs.css")),
        Asset::new("/docs/docs.js", JAVASCRIPT, include_str!("../../assets/docs.js")),
    ];
    let theirs = [
        swagger("/docs/swagger-ui.css", "swagger-ui.css", CSS),
        swagger("/docs/swagger-ui-bundle.js", "swagger-ui-bundle.js", JAVASCRIPT),
    ];
    ours.into_iter().chain(theirs.into_iter().flatten()).collect()
});

/// A file of Swagger UI's distribution.
fn swagger(path: &'static str, file: &str, content_type: &'static str) -> Option<Asset> {
    let file = serve(file, Arc::new(Config::default())).ok()??;
    let body = match file.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    };
    let asset = if file.gzpipped { Asset::gzipped } else { Asset::new };
    Some(asset(path, content_type, body))
}

async fn docs() -> Result<HttpResponse, Problem> {
    page(&DocsPage, POLICY, KEEP_BRIEFLY)
}

/// Registers the page and its files.
pub(super) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(web::resource(["/docs", "/docs/"]).route(web::get().to(docs)));
    for file in FILES.iter() {
        file.register(cfg);
    }
}

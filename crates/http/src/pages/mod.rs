//! The pages that people see: the API's documentation, the meaning of each problem, and the mailbox of
//! embedded mode.
//!
//! Everything on them is served from here; no page makes a browser ask another host, and none has a script
//! inline. Each page carries its own `Content-Security-Policy`, which middleware must leave as it is.

mod assets;
mod docs;
mod explanations;
mod loopback;
mod mailbox;
mod problems;

use crate::problem::Problem;
use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentType};
use actix_web::web::ServiceConfig;
use askama::Template;
use evently_auth_domain::ports::Mailbox;
use std::sync::Arc;

/// Registers the pages and what they load. Without a `mailbox` there is no `/dev/mailbox`: it is a route like
/// any other that nobody knows.
pub(crate) fn configure(cfg: &mut ServiceConfig, mailbox: Option<Arc<dyn Mailbox>>) {
    assets::configure(cfg);
    docs::configure(cfg);
    problems::configure(cfg);
    if let Some(mailbox) = mailbox {
        mailbox::configure(cfg, mailbox);
    }
}

/// What a page without a script may load.
const STATIC_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// How long a page or asset that only a new version changes may be kept.
const KEEP_BRIEFLY: &str = "public, max-age=300";

/// Renders a page under the policy and the caching that it asks for.
fn page(
    template: &impl Template,
    policy: &'static str,
    caching: &'static str,
) -> Result<HttpResponse, Problem> {
    let html = template.render().map_err(Problem::internal)?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::html())
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .insert_header((CACHE_CONTROL, caching))
        .body(html))
}

#[cfg(test)]
mod tests;

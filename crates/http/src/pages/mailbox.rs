//! `/dev/mailbox`: the mails of embedded mode, for the developer at this machine and nobody else.
//!
//! A mail is untrusted: its text is escaped, and its HTML lives in a frame that runs no script, submits no
//! form, leads nowhere and loads nothing. A `base` in front of it aims links at new windows, which the
//! sandbox refuses; else they would empty the frame.

use super::assets::{Asset, JAVASCRIPT};
use super::loopback::is_local;
use super::page;
use crate::problem::Problem;
use actix_web::guard;
use actix_web::http::header::{Accept, CACHE_CONTROL, Header, HeaderValue, VARY};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::SecondsFormat;
use evently_auth_domain::ports::{Mailbox, MailboxMessage};
use serde::Serialize;
use std::sync::{Arc, LazyLock};

/// How many mails are shown.
const SHOWN: usize = 50;

/// Frames inherit it, and mails are styled in place. No `frame-src`: a frame can be led nowhere else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Mails carry codes.
const KEEP_NEVER: &str = "no-store";

static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("/dev/mailbox/mailbox.js", JAVASCRIPT, include_str!("../../assets/mailbox.js"))
});

#[derive(Template)]
#[template(path = "mailbox.html")]
struct MailboxPage {
    newest: String,
    mails: Vec<ShownMail>,
}

struct ShownMail {
    shown_at: String,
    html: String,
    entry: MailEntry,
}

/// A mail as a script gets it.
#[derive(Serialize)]
struct MailEntry {
    id: String,
    to: String,
    subject: String,
    at: String,
    code: Option<String>,
    text: String,
}

impl From<MailboxMessage> for MailEntry {
    fn from(mail: MailboxMessage) -> Self {
        let at = mail.at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        Self { id: mail.id, to: mail.to, subject: mail.subject, at, code: mail.code, text: mail.text }
    }
}

impl From<MailboxMessage> for ShownMail {
    fn from(mut mail: MailboxMessage) -> Self {
        let html = std::mem::take(&mut mail.html);
        Self { shown_at: mail.at.format("%Y-%m-%d %H:%M:%S UTC").to_string(), html, entry: mail.into() }
    }
}

async fn mailbox(request: HttpRequest, mailbox: Data<dyn Mailbox>) -> Result<HttpResponse, Problem> {
    let messages = mailbox.messages(SHOWN).await?;
    let mut response = if wants_json(&request) {
        let entries: Vec<MailEntry> = messages.into_iter().map(MailEntry::from).collect();
        HttpResponse::Ok().insert_header((CACHE_CONTROL, KEEP_NEVER)).json(entries)
    } else {
        let newest = messages.first().map(|mail| mail.id.clone()).unwrap_or_default();
        let mails = messages.into_iter().map(ShownMail::from).collect();
        page(&MailboxPage { newest, mails }, POLICY, KEEP_NEVER)?
    };
    response.headers_mut().append(VARY, HeaderValue::from_static("Accept"));
    Ok(response)
}

/// Whether JSON is the first that `Accept` names of the two that we have (RFC 9110, 12.5.1).
fn wants_json(request: &HttpRequest) -> bool {
    let Ok(accept) = Accept::parse(request) else {
        return false;
    };
    accept.ranked().iter().map(|media| media.essence_str()).find_map(|media| match media {
        "application/json" => Some(true),
        "text/html" | "*/*" => Some(false),
        _ => None,
    }) == Some(true)
}

/// Registers the page and its script. Whoever is not at this machine finds neither.
pub(super) fn configure(cfg: &mut ServiceConfig, port: Arc<dyn Mailbox>) {
    cfg.service(
        web::resource("/dev/mailbox")
            .guard(guard::fn_guard(is_local))
            .app_data(Data::from(port))
            .route(web::get().to(mailbox)),
    );
    cfg.service(SCRIPT.resource().guard(guard::fn_guard(is_local)));
}

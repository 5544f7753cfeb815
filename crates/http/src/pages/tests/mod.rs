//! The pages as a browser gets them.

mod docs;
mod mailbox;
mod problems;

use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, web::Bytes};
use evently_auth_domain::Timestamp;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{Mailbox, MailboxMessage};
use std::sync::Arc;

/// A mailbox with these mails; none stands for one that is broken.
struct Mails(Option<Vec<MailboxMessage>>);

#[async_trait::async_trait]
impl Mailbox for Mails {
    async fn messages(&self, limit: usize) -> Result<Vec<MailboxMessage>, StoreError> {
        let mails = self.0.as_ref().ok_or_else(|| StoreError::unavailable("no such folder"))?;
        Ok(mails.iter().take(limit).cloned().collect())
    }
}

fn mail(id: &str, code: Option<&str>) -> MailboxMessage {
    MailboxMessage {
        id: id.to_owned(),
        to: "ada@example.org".to_owned(),
        subject: "Your verification code".to_owned(),
        at: Timestamp::from_timestamp(1_790_000_000, 0).unwrap(),
        code: code.map(str::to_owned),
        text: "Hello Ada".to_owned(),
        html: "<p>Hello <b>Ada</b></p>".to_owned(),
    }
}

/// A developer's request at this machine.
fn local(path: &str) -> TestRequest {
    TestRequest::get()
        .uri(path)
        .peer_addr("127.0.0.1:40000".parse().unwrap())
        .insert_header((header::HOST, "localhost:8000"))
}

async fn ask(mails: Option<Mails>, request: TestRequest) -> ServiceResponse {
    let mailbox = mails.map(|mails| Arc::new(mails) as Arc<dyn Mailbox>);
    let app = init_service(App::new().configure(|cfg| super::configure(cfg, mailbox))).await;
    call_service(&app, request.to_request()).await.map_into_boxed_body()
}

async fn get(path: &str) -> ServiceResponse {
    ask(Some(Mails(Some(Vec::new()))), local(path)).await
}

fn header_of(response: &ServiceResponse, name: HeaderName) -> &str {
    response.headers().get(name).unwrap().to_str().unwrap()
}

fn bytes(response: ServiceResponse) -> Bytes {
    response.into_body().try_into_bytes().unwrap()
}

fn text(response: ServiceResponse) -> String {
    String::from_utf8(bytes(response).to_vec()).unwrap()
}

/// The values of all `src` and `href` in `html`.
fn links(html: &str) -> Vec<&str> {
    let after = |name| html.split(name).skip(1).map(|rest: &str| rest.split('"').next().unwrap());
    after(" src=\"").chain(after(" href=\"")).collect()
}

/// What `html` loads and links to is ours; what it loads is there.
async fn assert_self_contained(html: &str) {
    assert!(!links(html).is_empty());
    for link in links(html) {
        assert!(link.starts_with('/') && !link.starts_with("//"), "leads elsewhere: {link}");
        if link != "/openapi.json" {
            assert_eq!(get(link).await.status(), StatusCode::OK, "{link}");
        }
    }
    for element in html.split("<script").skip(1) {
        assert!(element.starts_with(" src=\""), "a script inline");
    }
    assert!(!html.contains("<style") && !html.contains(" style=") && !html.contains(" onclick="));
}

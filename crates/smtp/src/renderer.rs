//! Writes mails down: the same envelope gives the same bytes, and nothing in it can add a header, a recipient
//! or markup.

use crate::untrusted::{linkless, one_line};
use crate::words::Words;
use askama::Template;
use chrono::Datelike;
use evently_auth_domain::account::EmailAddress;
use evently_auth_domain::ports::{Envelope, MailerError};
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use std::time::SystemTime;

/// Turns envelopes into messages from one sender.
#[derive(Debug, Clone)]
pub struct MailRenderer {
    product: String,
    from: Mailbox,
    public_url: Option<String>,
}

/// The sender of all mails cannot be used as it is configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSender {
    /// `FROM_NAME` has no visible character.
    #[error("the sender's name is empty")]
    Name,
    /// `FROM_ADDRESS` is none.
    #[error("{0:?} is no e-mail address")]
    Address(String),
    /// `PUBLIC_URL` is none that a mail can link to.
    #[error("{0:?} is no http or https URL")]
    PublicUrl(String),
}

impl MailRenderer {
    /// A sender, called `from_name` also where mails speak of the product. Mails contain links only with a
    /// `public_url`, and only to it.
    ///
    /// # Errors
    /// Which of the three cannot be used.
    pub fn new(from_name: &str, from_address: &str, public_url: Option<&str>) -> Result<Self, InvalidSender> {
        let product = one_line(from_name).ok_or(InvalidSender::Name)?;
        let address =
            ascii_domain(from_address).map_err(|_| InvalidSender::Address(from_address.to_owned()))?;
        let from = Mailbox::new(Some(product.clone()), address);
        if let Some(url) = public_url.filter(|url| !is_link(url)) {
            return Err(InvalidSender::PublicUrl(url.to_owned()));
        }
        Ok(Self { product, from, public_url: public_url.map(str::to_owned) })
    }

    /// The message for `envelope`, with both bodies and complete headers.
    ///
    /// # Errors
    /// [`MailerError::Permanent`] when the recipient, the Message-ID or the date cannot be written down.
    pub fn render(&self, envelope: &Envelope) -> Result<Message, MailerError> {
        let name = linkless(&envelope.content.name);
        let to = Mailbox::new(name.clone(), recipient(&envelope.to)?);
        let id = checked_id(&envelope.message_id)?;
        let words = Words::new(&envelope.content.message, &self.product, envelope.created_at);
        let (product, public_url) = (self.product.as_str(), self.public_url.as_deref());
        let text = TextBody { product, public_url, name: name.as_deref(), words: &words };
        let text = text.render().map_err(|why| permanent(why.to_string()))?;
        let html = HtmlBody { product, public_url, name: name.as_deref(), words: &words };
        let html = html.render().map_err(|why| permanent(why.to_string()))?;
        Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(words.subject)
            .date(date(envelope)?)
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()))
            .multipart(
                // "=_" stands in no quoted-printable line (RFC 2045, 6.7).
                MultiPart::alternative()
                    .boundary(format!("=_{id}"))
                    .singlepart(part(ContentType::TEXT_PLAIN, text))
                    .singlepart(part(ContentType::TEXT_HTML, html)),
            )
            .map_err(|why| permanent(why.to_string()))
    }
}

/// Keeps out-of-office answers away (RFC 3834).
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// The text layout.
#[derive(Template)]
#[template(path = "mail.txt")]
struct TextBody<'a> {
    product: &'a str,
    public_url: Option<&'a str>,
    name: Option<&'a str>,
    words: &'a Words,
}

/// The HTML layout.
#[derive(Template)]
#[template(path = "mail.html")]
struct HtmlBody<'a> {
    product: &'a str,
    public_url: Option<&'a str>,
    name: Option<&'a str>,
    words: &'a Words,
}

fn part(content_type: ContentType, body: String) -> SinglePart {
    SinglePart::builder().header(content_type).header(ContentTransferEncoding::QuotedPrintable).body(body)
}

/// The date for the header, which has four digits for the year and, as it is written here, none before 1970.
fn date(envelope: &Envelope) -> Result<SystemTime, MailerError> {
    match envelope.created_at.year() {
        1970..=9999 => Ok(envelope.created_at.into()),
        _ => Err(permanent("the date of the mail cannot be written down")),
    }
}

/// The Message-ID's local part, which is also the MIME boundary and part of a file name.
fn checked_id(id: &str) -> Result<&str, MailerError> {
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if (1..=64).contains(&id.len()) && id.bytes().all(is_safe) {
        Ok(id)
    } else {
        Err(permanent("the Message-ID is not base64url of at most 64 characters"))
    }
}

fn recipient(to: &EmailAddress) -> Result<Address, MailerError> {
    ascii_domain(to.as_str())
        .map_err(|why| permanent(format!("{} cannot be a recipient: {why}", to.masked())))
}

/// The address with its domain in ASCII (RFC 5891), so that servers without SMTPUTF8 take it.
fn ascii_domain(address: &str) -> Result<Address, String> {
    let (user, domain) = address.rsplit_once('@').ok_or("no @")?;
    let domain = idna::domain_to_ascii(domain).map_err(|why| why.to_string())?;
    Address::new(user, domain).map_err(|why| why.to_string())
}

/// Whether a mail may link to `url`: http or https, and nothing that ends an attribute or a line.
fn is_link(url: &str) -> bool {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    host.is_some_and(|rest| !rest.is_empty())
        && url.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\'))
}

fn permanent(why: impl Into<String>) -> MailerError {
    MailerError::Permanent(why.into())
}

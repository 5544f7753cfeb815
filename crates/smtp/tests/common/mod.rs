//! One envelope of every kind, and a renderer for them.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a helper may fail loudly")]

pub(crate) mod mail_server;

use evently_auth_domain::Timestamp;
use evently_auth_domain::account::EmailAddress;
use evently_auth_domain::mail::{MailContent, MailKind, MailMessage};
use evently_auth_domain::ports::Envelope;
use evently_auth_smtp::MailRenderer;
use mailparse::MailHeaderMap;

pub(crate) const CODE: &str = "049271";

pub(crate) fn renderer() -> MailRenderer {
    MailRenderer::new("Evently", "no-reply@evently.example", Some("https://evently.example")).unwrap()
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// One message of each kind.
pub(crate) fn message(kind: MailKind) -> MailMessage {
    let code = CODE.to_owned();
    let new_address = "l***@example.org".to_owned();
    match kind {
        MailKind::VerificationCode => MailMessage::VerificationCode { code },
        MailKind::EmailChangeCode => MailMessage::EmailChangeCode { code },
        MailKind::PasswordResetCode => MailMessage::PasswordResetCode { code },
        MailKind::Welcome => MailMessage::Welcome,
        MailKind::PasswordChanged => MailMessage::PasswordChanged,
        MailKind::PasswordReset => MailMessage::PasswordReset,
        MailKind::EmailChangeRequested => MailMessage::EmailChangeRequested { new_address },
        MailKind::EmailChanged => MailMessage::EmailChanged { new_address },
        MailKind::AddressInUse => MailMessage::AddressInUse,
        MailKind::SessionTheft => MailMessage::SessionTheft { device: Some("Phone of Ada".to_owned()) },
    }
}

pub(crate) fn envelope(id: &str, name: &str, message: MailMessage) -> Envelope {
    Envelope {
        message_id: id.to_owned(),
        to: EmailAddress::parse("ada@example.com").unwrap(),
        content: MailContent { name: name.to_owned(), message },
        created_at: at("2026-01-31T23:59:59.123456Z"),
    }
}

/// A rendered mail, read by a parser that is not ours.
pub(crate) struct Read {
    pub(crate) headers: Vec<(String, String)>,
    /// The only recipient's address, without a name.
    pub(crate) to: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

impl Read {
    pub(crate) fn new(raw: &[u8]) -> Self {
        let mail = mailparse::parse_mail(raw).unwrap();
        assert_eq!(mail.ctype.mimetype, "multipart/alternative");
        assert_eq!(mail.subparts.len(), 2);
        let (text, html) = (&mail.subparts[0], &mail.subparts[1]);
        assert_eq!(text.ctype.mimetype, "text/plain");
        assert_eq!(html.ctype.mimetype, "text/html");
        let headers = mail.headers.iter().map(|header| (header.get_key(), header.get_value())).collect();
        let to = mailparse::addrparse_header(mail.headers.get_first_header("To").unwrap()).unwrap();
        let to = to.extract_single_info().unwrap().addr;
        Self { headers, to, text: text.get_body().unwrap(), html: html.get_body().unwrap() }
    }

    pub(crate) fn rendered(renderer: &MailRenderer, envelope: &Envelope) -> Self {
        Self::new(&renderer.render(envelope).unwrap().formatted())
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let mut found = self.headers.iter().filter(|(key, _)| key == name);
        let (_, value) = found.next().unwrap();
        assert!(found.next().is_none(), "two headers {name}");
        value
    }
}

/// The header as it was written, unfolded and undecoded.
pub(crate) fn raw_header(raw: &[u8], name: &str) -> String {
    let (headers, _) = mailparse::parse_headers(raw).unwrap();
    String::from_utf8(headers.get_first_header(name).unwrap().get_value_raw().to_vec()).unwrap()
}

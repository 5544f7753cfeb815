//! A mail as it was taken, and what stands in it.

use mailparse::{MailHeaderMap, ParsedMail, parse_headers, parse_mail};

/// A mail that the sink took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkMail {
    /// The sender of `MAIL FROM`.
    pub from: String,
    /// The recipients of `RCPT TO`.
    pub recipients: Vec<String>,
    /// Headers and body, byte for byte.
    pub raw: Vec<u8>,
}

impl SinkMail {
    /// The Message-ID, without angle brackets; empty when there is none.
    pub fn message_id(&self) -> String {
        let id = self.header("Message-ID").unwrap_or_default();
        id.trim().trim_start_matches('<').trim_end_matches('>').to_owned()
    }

    /// The first header with this name, decoded and unfolded.
    pub fn header(&self, name: &str) -> Option<String> {
        parse_headers(&self.raw).ok()?.0.get_first_value(name)
    }

    /// The text body, decoded, with plain line ends.
    pub fn text(&self) -> Option<String> {
        self.body("text/plain")
    }

    /// The HTML body, decoded, with plain line ends.
    pub fn html(&self) -> Option<String> {
        self.body("text/html")
    }

    /// The code: the line of the text that is six digits and nothing else.
    pub fn code(&self) -> Option<String> {
        let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
        self.text()?.lines().find(is_code).map(str::to_owned)
    }

    fn body(&self, mimetype: &str) -> Option<String> {
        let mail = parse_mail(&self.raw).ok()?;
        let is_it = |part: &&ParsedMail<'_>| part.ctype.mimetype == mimetype;
        let body = mail.parts().find(is_it)?.get_body().ok()?;
        Some(body.replace("\r\n", "\n"))
    }
}

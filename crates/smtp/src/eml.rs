//! Reads a mail of ours back from what was delivered; anything else is no mail.

use mailparse::{MailHeaderMap, ParsedMail, addrparse_header, parse_mail};

/// What stands in a mail.
pub(crate) struct Eml {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

impl Eml {
    /// Reads `raw`; `None` when it is broken, cut off, or lacks a recipient, a subject or a body.
    pub(crate) fn parse(raw: &[u8]) -> Option<Self> {
        let mail = parse_mail(raw).ok()?;
        let end = format!("--{}--", mail.ctype.params.get("boundary")?);
        if !raw.trim_ascii_end().ends_with(end.as_bytes()) {
            return None;
        }
        Some(Self {
            to: recipient(&mail)?,
            subject: mail.headers.get_first_value("Subject")?,
            text: body(&mail, "text/plain")?,
            html: body(&mail, "text/html")?,
        })
    }

    /// The code, if there is one: the line of the text that is six digits and nothing else. The layout puts
    /// no text of a stranger at the beginning of a line, and none of it has two lines.
    pub(crate) fn code(&self) -> Option<String> {
        let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
        self.text.lines().find(is_code).map(str::to_owned)
    }
}

fn recipient(mail: &ParsedMail<'_>) -> Option<String> {
    let header = mail.headers.get_first_header("To")?;
    let address = addrparse_header(header).ok()?.extract_single_info()?.addr;
    // The domain as people write it; in the header it is in ASCII.
    let (user, domain) = address.rsplit_once('@')?;
    let (domain, valid) = idna::domain_to_unicode(domain);
    valid.ok()?;
    Some(format!("{user}@{domain}"))
}

fn body(mail: &ParsedMail<'_>, mimetype: &str) -> Option<String> {
    let part = mail.subparts.iter().find(|part| part.ctype.mimetype == mimetype)?;
    Some(part.get_body().ok()?.replace("\r\n", "\n"))
}

//! How mail goes out, and whose name it bears.

use crate::error::ConfigError;
use crate::reader::Reader;
use crate::secret::SecretText;
use crate::text::{host_name, plain_text};
use crate::variables as var;
use evently_auth_domain::account::EmailAddress;

/// Settings of mail.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// The server that takes mails; without one they are written to files.
    pub smtp: Option<SmtpConfig>,
    /// The sender's address.
    pub from_address: EmailAddress,
    /// The sender's name, without control characters.
    pub from_name: String,
}

/// The server that takes mails.
#[derive(Debug, Clone)]
pub struct SmtpConfig {
    /// Its name or IP address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How connections to it are encrypted.
    pub tls: SmtpTls,
    /// Who we are there.
    pub credentials: Option<SmtpCredentials>,
}

/// How connections to the mail server are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// Not at all.
    Off,
    /// By STARTTLS, and no mail goes out without it (RFC 3207).
    StartTls,
    /// From the first byte (RFC 8314, 3.3).
    Implicit,
}

/// A user of the mail server.
#[derive(Debug, Clone)]
pub struct SmtpCredentials {
    /// The name.
    pub username: String,
    /// The password.
    pub password: SecretText,
}

/// The port of SMTP with TLS from the first byte (RFC 8314, 3.3).
const SUBMISSIONS_PORT: u16 = 465;

impl MailConfig {
    pub(crate) fn read(reader: &Reader<'_>) -> Result<Self, ConfigError> {
        let port = reader.number(&var::SMTP_PORT)?;
        let tls = match (reader.flag(&var::SMTP_USE_TLS)?, port) {
            (false, _) => SmtpTls::Off,
            (true, SUBMISSIONS_PORT) => SmtpTls::Implicit,
            (true, _) => SmtpTls::StartTls,
        };
        let credentials = credentials(reader)?;
        let host = reader.optional(&var::SMTP_HOST, host_name)?;
        Ok(Self {
            smtp: host.map(|host| SmtpConfig { host, port, tls, credentials }),
            from_address: reader.required(&var::FROM_ADDRESS, |text| EmailAddress::parse(text).ok())?,
            from_name: reader.required(&var::FROM_NAME, plain_text)?,
        })
    }
}

fn credentials(reader: &Reader<'_>) -> Result<Option<SmtpCredentials>, ConfigError> {
    let username = reader.optional(&var::SMTP_USERNAME, plain_text)?;
    match (username, reader.secret(&var::SMTP_PASSWORD)?) {
        (Some(username), Some(password)) => Ok(Some(SmtpCredentials { username, password })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(ConfigError::missing(&var::SMTP_PASSWORD, "SMTP_USERNAME is")),
        (None, Some(_)) => Err(ConfigError::missing(&var::SMTP_USERNAME, "SMTP_PASSWORD is")),
    }
}

//! Where mails go in production mode.

use crate::error::WiringError;
use crate::parts::renderer;
use async_trait::async_trait;
use evently_auth_config::{Config, SmtpTls};
use evently_auth_domain::ports::{Envelope, Mailer, MailerError};
use evently_auth_smtp::{SmtpEncryption, SmtpMailer, SmtpOptions};
use std::sync::Arc;

/// The mail server that `config` names; without one mails wait, for this process sends none.
pub(crate) fn mailer(config: &Config) -> Result<Arc<dyn Mailer>, WiringError> {
    let Some(smtp) = &config.mail.smtp else { return Ok(Arc::new(NoMailServer)) };
    let options = SmtpOptions {
        encryption: match smtp.tls {
            SmtpTls::Off => SmtpEncryption::Off,
            SmtpTls::StartTls => SmtpEncryption::StartTls,
            SmtpTls::Implicit => SmtpEncryption::Implicit,
        },
        credentials: smtp
            .credentials
            .as_ref()
            .map(|user| (user.username.clone(), user.password.expose().to_owned())),
        kept: config.worker.concurrency,
        ..SmtpOptions::new(smtp.host.clone(), smtp.port)
    };
    let mailer = SmtpMailer::new(options, renderer(config)?)
        .map_err(|error| WiringError::Setting { variable: "SMTP_HOST", why: error.to_string() })?;
    Ok(Arc::new(mailer))
}

/// Sends nothing and loses nothing.
struct NoMailServer;

#[async_trait]
impl Mailer for NoMailServer {
    async fn send(&self, _: &Envelope) -> Result<(), MailerError> {
        Err(MailerError::Temporary("SMTP_HOST is not set".to_owned()))
    }
}

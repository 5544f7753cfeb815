//! Hands mails to a mail server: each is taken for good or not, within a bounded time, and a failure says which.

use crate::answer::{refused, unreachable};
use crate::connections::Connections;
use crate::{InvalidServer, MailRenderer, SmtpOptions};
use async_trait::async_trait;
use evently_auth_domain::ports::{Envelope, Mailer, MailerError};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::{Response, Severity};
use lettre::{Address, Message};
use std::fmt::Display;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// How long a kept connection may take to show that it is still alive.
const ALIVE: Duration = Duration::from_secs(3);

/// Sends over SMTP.
///
/// 4xx, time-outs and whatever fails before the server hears of the mail's recipient are temporary, for it concerns
/// all mails; 5xx about recipient or content are permanent. A connection is used again only after a mail that was taken.
pub struct SmtpMailer {
    renderer: MailRenderer,
    connections: Connections,
    timeout: Duration,
}

impl SmtpMailer {
    /// A mailer for the server that `options` describe; connects when the first mail goes out.
    ///
    /// # Errors
    /// When the extra certificates are none.
    pub fn new(options: SmtpOptions, renderer: MailRenderer) -> Result<Self, InvalidServer> {
        let timeout = options.timeout;
        Ok(Self { renderer, connections: Connections::new(options)?, timeout })
    }

    /// lettre's own pool would take a connection back whose conversation was cut off in the middle, and does not
    /// tell at which stage the server refused; so the conversation is held here.
    async fn deliver(&self, message: &Message) -> Result<(), MailerError> {
        let mut connection = self.begin(message).await?;
        for to in message.envelope().to() {
            let rcpt = Rcpt::new(to.clone(), Vec::new());
            say(&mut connection, "RCPT TO", rcpt, Severity::PositiveCompletion).await?;
        }
        say(&mut connection, "DATA", Data, Severity::PositiveIntermediate).await?;
        say(&mut connection, "content", content(message), Severity::PositiveCompletion).await?;
        self.connections.keep(connection);
        Ok(())
    }

    /// A connection on which the server agreed to the mail's sender.
    async fn begin(&self, message: &Message) -> Result<AsyncSmtpConnection, MailerError> {
        if let Some(mut kept) = self.connections.take() {
            if let Ok(Ok(())) = timeout(ALIVE, say_from(&mut kept, message)).await {
                return Ok(kept);
            }
            // Closed meanwhile, or enough mails for one connection: what a new one says counts.
            self.connections.forget();
        }
        let mut fresh = self.connections.open().await?;
        say_from(&mut fresh, message).await?;
        Ok(fresh)
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, envelope: &Envelope) -> Result<(), MailerError> {
        let message = self.renderer.render(envelope)?;
        let started = Instant::now();
        let sent = timeout(self.timeout, self.deliver(&message)).await.unwrap_or_else(|_| {
            Err(MailerError::Temporary(format!("the mail server took longer than {:?}", self.timeout)))
        });
        metrics::histogram!("evently_auth_mail_send_duration_seconds")
            .record(started.elapsed().as_secs_f64());
        sent
    }
}

/// The mail and the final dot, with a second dot before lines that begin with one (RFC 5321, 4.5.2). It is said at
/// once: a final dot that follows on its own waits 40 ms for the server to acknowledge the rest.
fn content(message: &Message) -> String {
    let raw = String::from_utf8_lossy(&message.formatted()).replace("\r\n.", "\r\n..");
    format!("{}\r\n.\r\n", raw.strip_suffix("\r\n").unwrap_or(&raw))
}

/// Says `command`, and expects an answer that fits it (RFC 5321, 4.3.2). One that does not was meant for something
/// else, and says nothing about this mail.
async fn say(
    connection: &mut AsyncSmtpConnection,
    stage: &str,
    command: impl Display + Send,
    expected: Severity,
) -> Result<(), MailerError> {
    let answer = connection.command(command).await.map_err(|error| refused(stage, &error))?;
    fits(stage, &answer, expected)
}

fn fits(stage: &str, answer: &Response, expected: Severity) -> Result<(), MailerError> {
    let code = answer.code();
    if code.severity == expected {
        Ok(())
    } else {
        Err(MailerError::Temporary(format!("{stage}: the answer {code} is out of place")))
    }
}

/// `MAIL FROM`, with what the message needs (RFC 6531, RFC 6152).
async fn say_from(connection: &mut AsyncSmtpConnection, message: &Message) -> Result<(), MailerError> {
    let offers = |extension| connection.server_info().supports_feature(extension);
    let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    let (from, to) = (message.envelope().from(), message.envelope().to());
    let mut parameters = Vec::new();
    let is_ours = !from.is_none_or(is_ascii);
    if is_ours || !to.iter().all(is_ascii) {
        if !offers(Extension::SmtpUtfEight) {
            let reason = "the mail server takes only addresses in ASCII (no SMTPUTF8)".to_owned();
            // A sender of ours that it does not take is no reason to give all mails up.
            return Err(if is_ours {
                MailerError::Temporary(reason)
            } else {
                MailerError::Permanent(reason)
            });
        }
        parameters.push(MailParameter::SmtpUtfEight);
        if offers(Extension::EightBitMime) {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
    }
    let mail = Mail::new(from.cloned(), parameters);
    // All mails have this sender: a server that refuses it must not kill everything that waits.
    let answer = connection.command(mail).await.map_err(|error| unreachable("MAIL FROM", &error))?;
    fits("MAIL FROM", &answer, Severity::PositiveCompletion)
}

//! Connections to the mail server: encrypted and authenticated as configured or not at all; the good ones are kept.

use crate::answer::unreachable;
use evently_auth_domain::ports::MailerError;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use std::net::Ipv4Addr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// How the mail server is reached.
#[derive(Clone)]
pub struct SmtpOptions {
    /// Its name, which its certificate must bear, or its IP address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How connections to it are encrypted.
    pub encryption: SmtpEncryption,
    /// A user and a password there.
    pub credentials: Option<(String, String)>,
    /// Certificates, PEM, that are trusted beside those of the system.
    pub extra_roots: Option<String>,
    /// How many connections are kept for the next mails; as many as are sent at the same time.
    pub kept: usize,
    /// How long a connection is kept without a mail.
    pub idle: Duration,
    /// How long one address of the server may take to accept a connection.
    pub connect: Duration,
    /// How long one mail may take in all; must be below the lease of a claimed mail, 60 s.
    pub timeout: Duration,
}

/// How connections to the mail server are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpEncryption {
    /// Not at all.
    Off,
    /// By STARTTLS; nothing is sent without it (RFC 3207).
    StartTls,
    /// From the first byte (RFC 8314, 3.3).
    Implicit,
}

/// The mail server cannot be reached as it is configured.
#[derive(Debug, thiserror::Error)]
#[error("the certificates for the mail server cannot be used: {0}")]
pub struct InvalidServer(String);

impl SmtpOptions {
    /// STARTTLS with the certificates of the system, 30 s for a mail and 10 s to connect.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
            encryption: SmtpEncryption::StartTls,
            credentials: None,
            extra_roots: None,
            kept: 8,
            idle: Duration::from_secs(60),
            connect: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
        }
    }
}

/// Opens connections, and keeps those that are given back.
pub(crate) struct Connections {
    address: (String, u16),
    start_tls: Option<TlsParameters>,
    implicit_tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    hello: ClientId,
    connect: Duration,
    max_kept: usize,
    max_idle: Duration,
    kept: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl Connections {
    pub(crate) fn new(options: SmtpOptions) -> Result<Self, InvalidServer> {
        let tls = || trusted(&options).map_err(|why| InvalidServer(why.to_string()));
        let (start_tls, implicit_tls) = match options.encryption {
            SmtpEncryption::Off => (None, None),
            SmtpEncryption::StartTls => (Some(tls()?), None),
            SmtpEncryption::Implicit => (None, Some(tls()?)),
        };
        Ok(Self {
            start_tls,
            implicit_tls,
            address: (options.host, options.port),
            credentials: options.credentials.map(Credentials::from),
            hello: our_name(),
            connect: options.connect,
            max_kept: options.kept,
            max_idle: options.idle,
            kept: Mutex::new(Vec::new()),
        })
    }

    /// A new connection, ready for a mail.
    pub(crate) async fn open(&self) -> Result<AsyncSmtpConnection, MailerError> {
        let (host, port) = &self.address;
        let address = (host.as_str(), *port);
        let tls = self.implicit_tls.clone();
        let connected =
            AsyncSmtpConnection::connect_tokio1(address, Some(self.connect), &self.hello, tls, None).await;
        let mut connection = connected.map_err(|error| unreachable("connecting", &error))?;
        if let Some(tls) = &self.start_tls {
            let encrypted = connection.starttls(tls.clone(), &self.hello).await;
            encrypted.map_err(|error| unreachable("STARTTLS", &error))?;
            refuse_unasked(&mut connection).await?;
        }
        if let Some(credentials) = &self.credentials {
            let known = connection.auth(DEFAULT_MECHANISMS, credentials).await;
            known.map_err(|error| unreachable("AUTH", &error))?;
        }
        Ok(connection)
    }

    /// The connection that was kept last, which the server may have closed meanwhile.
    pub(crate) fn take(&self) -> Option<AsyncSmtpConnection> {
        let mut kept = self.kept();
        kept.retain(|(_, since)| since.elapsed() < self.max_idle);
        kept.pop().map(|(connection, _)| connection)
    }

    /// Keeps a connection whose last mail was taken.
    pub(crate) fn keep(&self, connection: AsyncSmtpConnection) {
        let mut kept = self.kept();
        if kept.len() < self.max_kept {
            kept.push((connection, Instant::now()));
        }
    }

    /// Closes all that are kept.
    pub(crate) fn forget(&self) {
        self.kept().clear();
    }

    fn kept(&self) -> MutexGuard<'_, Vec<(AsyncSmtpConnection, Instant)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// lettre keeps what it read before the handshake: answers that somebody on the way put behind the one to STARTTLS
/// would pass for the server's own (RFC 3207, 4.2). Whoever puts one there alone is found out by the next answers,
/// which then do not fit.
async fn refuse_unasked(connection: &mut AsyncSmtpConnection) -> Result<(), MailerError> {
    match timeout(Duration::ZERO, connection.read_response()).await {
        Err(_) => Ok(()),
        Ok(_) => Err(MailerError::Temporary("STARTTLS: there were answers that nobody asked for".to_owned())),
    }
}

/// The system's certificates and the extra ones; names and dates are checked too.
fn trusted(options: &SmtpOptions) -> Result<TlsParameters, Error> {
    let mut tls = TlsParameters::builder(options.host.clone());
    if let Some(pem) = &options.extra_roots {
        tls = tls.add_root_certificate(Certificate::from_pem(pem.as_bytes())?);
    }
    tls.build_rustls()
}

/// What we call ourselves: a complete host name, or an address where there is none (RFC 5321, 4.1.4).
fn our_name() -> ClientId {
    match ClientId::default() {
        ClientId::Domain(name) if !name.contains('.') => ClientId::Ipv4(Ipv4Addr::LOCALHOST),
        name => name,
    }
}

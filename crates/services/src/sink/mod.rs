//! A mail server for tests: what it takes can be read, and it misbehaves in every way that it is told to.

mod behaviour;
mod conversation;
mod mail;

pub use behaviour::{Reaction, Stage};
pub use mail::SinkMail;

use crate::Certificates;
use behaviour::Behaviour;
use conversation::Conversation;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// How long [`Sink::wait_for`] waits at most.
const PATIENCE: Duration = Duration::from_secs(30);

/// A mail server on a free port of 127.0.0.1, for as long as the value lives.
///
/// It speaks ESMTP (RFC 5321) with 8BITMIME and SMTPUTF8, and takes every mail until told otherwise.
pub struct Sink {
    port: u16,
    shared: Arc<Shared>,
    door: Mutex<Door>,
}

/// What a sink offers and expects.
#[derive(Default)]
pub struct SinkOptions {
    /// How connections are encrypted.
    pub tls: SinkTls,
    /// A user and a password, without which no mail is taken.
    pub credentials: Option<(String, String)>,
    /// A folder that each mail is also written to, as `.eml`.
    pub folder: Option<PathBuf>,
    /// Offers no SMTPUTF8 (RFC 6531).
    pub without_smtputf8: bool,
}

/// How connections to a sink are encrypted.
#[derive(Default)]
pub enum SinkTls {
    /// Not at all; STARTTLS is not offered.
    #[default]
    Off,
    /// By STARTTLS (RFC 3207), before which no mail is taken.
    StartTls(Certificates),
    /// From the first byte (RFC 8314).
    Implicit(Certificates),
}

/// What the sink and its conversations share.
struct Shared {
    start_tls: Option<TlsAcceptor>,
    implicit_tls: Option<TlsAcceptor>,
    credentials: Option<(String, String)>,
    folder: Option<PathBuf>,
    has_smtputf8: bool,
    behaviour: Behaviour,
    mails: watch::Sender<Vec<SinkMail>>,
    connections: AtomicUsize,
}

/// The port is kept also while it is closed, so that nobody else gets it.
enum Door {
    Open(JoinSet<()>),
    Closed(TcpSocket),
    Lost,
}

impl Sink {
    /// A sink without encryption that takes all mails.
    ///
    /// # Errors
    /// When it cannot listen.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(SinkOptions::default()).await
    }

    /// The same, which also writes each mail into `folder` as `.eml`; makes the folder when it is missing.
    ///
    /// # Errors
    /// When it cannot listen, or the folder cannot be made.
    pub async fn start_with_folder(folder: impl AsRef<Path>) -> io::Result<Self> {
        let folder = Some(folder.as_ref().to_owned());
        Self::start_with(SinkOptions { folder, ..SinkOptions::default() }).await
    }

    /// A sink with these options.
    ///
    /// # Errors
    /// When it cannot listen, the folder cannot be made, or the certificate cannot be used.
    pub async fn start_with(options: SinkOptions) -> io::Result<Self> {
        if let Some(folder) = &options.folder {
            tokio::fs::create_dir_all(folder).await?;
        }
        let (start_tls, implicit_tls) = match options.tls {
            SinkTls::Off => (None, None),
            SinkTls::StartTls(certificate) => (Some(acceptor(&certificate)?), None),
            SinkTls::Implicit(certificate) => (None, Some(acceptor(&certificate)?)),
        };
        let shared = Arc::new(Shared {
            start_tls,
            implicit_tls,
            credentials: options.credentials,
            folder: options.folder,
            has_smtputf8: !options.without_smtputf8,
            behaviour: Behaviour::default(),
            mails: watch::Sender::new(Vec::new()),
            connections: AtomicUsize::new(0),
        });
        let socket = bound(0)?;
        let port = socket.local_addr()?.port();
        let door = Mutex::new(open(socket, &shared)?);
        Ok(Self { port, shared, door })
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The mails that were taken, oldest first.
    pub fn mails(&self) -> Vec<SinkMail> {
        self.shared.mails.borrow().clone()
    }

    /// The mails that were taken after the first `count` of them, oldest first.
    pub fn mails_after(&self, count: usize) -> Vec<SinkMail> {
        self.shared.mails.borrow().get(count..).unwrap_or_default().to_vec()
    }

    /// Waits until at least `count` mails were taken, at most 30 seconds; then says which there are.
    pub async fn wait_for(&self, count: usize) -> Vec<SinkMail> {
        let mut mails = self.shared.mails.subscribe();
        // Whoever asked for more than came sees that in the answer.
        let _ = tokio::time::timeout(PATIENCE, mails.wait_for(|mails| mails.len() >= count)).await;
        self.mails()
    }

    /// Forgets the mails that were taken; files stay.
    pub fn clear(&self) {
        self.shared.mails.send_modify(Vec::clear);
    }

    /// How many connections were accepted so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// From now on reacts so at `stage`; what was said last about a stage counts.
    pub fn react(&self, stage: Stage, reaction: Reaction) {
        self.shared.behaviour.add(stage, None, reaction);
    }

    /// The same for mails to a recipient that contains `pattern`, at [`Stage::Recipient`] and later stages.
    pub fn react_for(&self, pattern: &str, stage: Stage, reaction: Reaction) {
        self.shared.behaviour.add(stage, Some(pattern.to_owned()), reaction);
    }

    /// Forgets all reactions: takes every mail again.
    pub fn accept_all(&self) {
        self.shared.behaviour.clear();
    }

    /// Closes the port and every connection: the next one is refused.
    ///
    /// # Errors
    /// When the port was lost to somebody else.
    pub async fn stop_listening(&self) -> io::Result<()> {
        let mut door = self.door.lock().await;
        if let Door::Open(mut accepting) = std::mem::replace(&mut *door, Door::Lost) {
            accepting.shutdown().await;
        }
        *door = Door::Closed(bound(self.port)?);
        Ok(())
    }

    /// Opens the same port again.
    ///
    /// # Errors
    /// When the port was lost to somebody else.
    pub async fn listen_again(&self) -> io::Result<()> {
        let mut door = self.door.lock().await;
        let socket = match std::mem::replace(&mut *door, Door::Lost) {
            Door::Closed(socket) => socket,
            Door::Lost => bound(self.port)?,
            opened @ Door::Open(_) => {
                *door = opened;
                return Ok(());
            }
        };
        *door = open(socket, &self.shared)?;
        Ok(())
    }
}

fn bound(port: u16) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    Ok(socket)
}

fn open(socket: TcpSocket, shared: &Arc<Shared>) -> io::Result<Door> {
    const BACKLOG: u32 = 1_024;
    let listener = socket.listen(BACKLOG)?;
    let mut accepting = JoinSet::new();
    accepting.spawn(accept(listener, shared.clone()));
    Ok(Door::Open(accepting))
}

/// Converses with everybody who comes; when this is dropped, all conversations are cut off.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut conversations = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                shared.connections.fetch_add(1, Ordering::Relaxed);
                let shared = shared.clone();
                // A client that goes away in the middle is nothing to report.
                conversations.spawn(async move { Conversation::hold(stream, shared).await.ok() });
            },
            Some(_) = conversations.join_next() => {}
        }
    }
}

fn acceptor(certificates: &Certificates) -> io::Result<TlsAcceptor> {
    let chain = CertificateDer::pem_slice_iter(certificates.certificate().as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(io::Error::other)?;
    let key = PrivateKeyDer::from_pem_slice(certificates.key().as_bytes()).map_err(io::Error::other)?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key))
        .map_err(io::Error::other)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

//! Opens one connection to one server. Its driver lives on the main runtime, unless the caller wants to drive it: the
//! runtimes of HTTP workers are single threads, and end before the others do.

use super::{RESPONSE, tls};
use crate::config::{Endpoint, InvalidRedisConfig, RedisConfig};
use redis::aio::{AsyncPushSender, MultiplexedConnection};
use redis::{AsyncConnectionConfig, ProtocolVersion, RedisConnectionInfo, RedisResult};
use rustls::pki_types::ServerName;
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime::{Handle, Id};
use tokio::task::AbortHandle;
use tokio_rustls::TlsConnector;

/// Requests that may wait to be written; past it callers wait, within their own bound.
const QUEUE: usize = 1_000;

/// Knows how to reach and greet a server.
pub(crate) struct Dialer {
    tls: Option<TlsConnector>,
    greeting: RedisConnectionInfo,
    runtime: Handle,
}

/// A connection to one server, closed when the last owner drops it.
pub(crate) struct Link {
    /// Where it leads.
    pub(crate) endpoint: Endpoint,
    /// The address that this was.
    pub(super) peer: SocketAddr,
    /// Commands of many callers at once, each with [`RESPONSE`] to be answered; a clone is the same connection.
    pub(crate) connection: MultiplexedConnection,
    driver: AbortHandle,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Dialer {
    /// Takes over what every connection has in common.
    pub(super) fn new(config: &RedisConfig, runtime: Handle) -> Result<Self, InvalidRedisConfig> {
        let mut greeting = RedisConnectionInfo::default()
            .set_protocol(ProtocolVersion::RESP3)
            .set_db(i64::from(config.database))
            .set_skip_set_lib_name();
        if let Some(username) = &config.username {
            greeting = greeting.set_username(username);
        }
        if let Some(password) = &config.password {
            greeting = greeting.set_password(password);
        }
        Ok(Self { tls: config.tls.as_ref().map(tls::connector).transpose()?, greeting, runtime })
    }

    /// Opens a connection as the configured user. `pushes` hears what the server says unasked, and
    /// `PushKind::Disconnection` at the end of the connection. Waits without bound: the caller bounds it.
    pub(crate) async fn dial(&self, endpoint: &Endpoint, pushes: impl AsyncPushSender) -> RedisResult<Link> {
        let config = AsyncConnectionConfig::new().set_push_sender(pushes);
        self.open(&self.runtime, endpoint, reach(endpoint).await?, &self.greeting, config).await
    }

    /// The same, driven by `runtime`, which this runs on, to the very server that was found at `endpoint` before: its
    /// name may lead to another by now.
    pub(super) async fn dial_near(
        &self,
        runtime: &Handle,
        endpoint: &Endpoint,
        peer: SocketAddr,
        pushes: impl AsyncPushSender,
    ) -> RedisResult<Link> {
        let config = AsyncConnectionConfig::new().set_push_sender(pushes);
        self.open(runtime, endpoint, TcpStream::connect(peer).await?, &self.greeting, config).await
    }

    /// Whether it is the main runtime.
    pub(super) fn is_main(&self, runtime: Id) -> bool {
        self.runtime.id() == runtime
    }

    /// Opens a connection to a Sentinel, which has no databases, and may have no users.
    pub(super) async fn dial_sentinel(&self, endpoint: &Endpoint, as_user: bool) -> RedisResult<Link> {
        let greeting = if as_user { self.greeting.clone() } else { RedisConnectionInfo::default() };
        let greeting = greeting.set_protocol(ProtocolVersion::RESP2).set_db(0).set_skip_set_lib_name();
        let config = AsyncConnectionConfig::new();
        self.open(&self.runtime, endpoint, reach(endpoint).await?, &greeting, config).await
    }

    async fn open(
        &self,
        runtime: &Handle,
        endpoint: &Endpoint,
        stream: TcpStream,
        greeting: &RedisConnectionInfo,
        config: AsyncConnectionConfig,
    ) -> RedisResult<Link> {
        let peer = stream.peer_addr()?;
        let stream = self.secured(stream, endpoint).await?;
        let config = config.set_response_timeout(Some(RESPONSE)).set_pipeline_buffer_size(QUEUE);
        let (connection, driver) = MultiplexedConnection::new_with_config(greeting, stream, config).await?;
        let driver = runtime.spawn(driver).abort_handle();
        Ok(Link { endpoint: endpoint.clone(), peer, connection, driver })
    }

    async fn secured(&self, stream: TcpStream, endpoint: &Endpoint) -> io::Result<Box<dyn Stream>> {
        stream.set_nodelay(true)?;
        let Some(tls) = &self.tls else { return Ok(Box::new(stream)) };
        let name = ServerName::try_from(endpoint.host.clone()).map_err(io::Error::other)?;
        Ok(Box::new(tls.connect(name, stream).await?))
    }
}

async fn reach(endpoint: &Endpoint) -> io::Result<TcpStream> {
    TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await
}

//! Opening a connection: bounded, encrypted when asked for, with time-outs that the server keeps as well.

use crate::config::PgServer;
use crate::connections::CONNECT;
use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use evently_auth_domain::error::StoreError;
use rustls::{ClientConfig, RootCertStore};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::config::{Config, SslMode};
use tokio_postgres::tls::{MakeTlsConnect, NoTls};
use tokio_postgres::{Socket, tls::TlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Bounds for a service: below those of a call, so that the server lets go before the caller does. A lock is
/// given up on before the statement that waits for it, and no query is worth compiling.
const SERVING: &str = "-c statement_timeout=4000 -c lock_timeout=3000 \
    -c idle_in_transaction_session_timeout=5000 -c default_transaction_isolation=read\\ committed -c jit=off";

/// Bounds for a migration: a change of a table may take its time, but does not queue for a lock for long, for
/// everybody else would queue behind it.
const MIGRATING: &str =
    "-c statement_timeout=0 -c lock_timeout=2000 -c idle_in_transaction_session_timeout=0";

/// Opens connections to one server.
#[derive(Clone)]
pub(crate) struct Connector {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    address: Arc<str>,
}

impl Connector {
    pub(crate) fn new(server: &PgServer, tls: Option<MakeRustlsConnect>) -> Self {
        let mut config = Config::new();
        config
            .host(&server.host)
            .port(server.port)
            .dbname(&server.name)
            .user(&server.user)
            .application_name("evently-auth")
            .options(SERVING)
            .ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable })
            .connect_timeout(CONNECT)
            // A peer that vanished without a word is noticed by whoever writes, and by whoever is idle.
            .tcp_user_timeout(Duration::from_secs(10))
            .keepalives_idle(Duration::from_secs(30))
            .keepalives_interval(Duration::from_secs(10))
            .keepalives_retries(3);
        if let Some(password) = &server.password {
            config.password(password);
        }
        let address = format!("{}:{}/{}", server.host, server.port, server.name).into();
        Self { config, tls, address }
    }

    /// The same for a migration.
    pub(crate) fn migrating(mut self) -> Self {
        self.config.options(MIGRATING);
        self
    }

    /// A new connection, driven by the runtime that this is called on.
    pub(crate) async fn connect(&self) -> ConnectionResult<AsyncPgConnection> {
        let connection = async {
            match self.tls.clone() {
                Some(tls) => open(&self.config, tls).await,
                None => open(&self.config, NoTls).await,
            }
        };
        let connection = tokio::time::timeout(CONNECT, connection).await;
        connection
            .unwrap_or_else(|_| Err(format!("no answer within {} s", CONNECT.as_secs())))
            .map_err(|error| ConnectionError::BadConnection(format!("{}: {error}", self.address)))
    }
}

async fn open<T>(config: &Config, tls: T) -> Result<AsyncPgConnection, String>
where
    T: MakeTlsConnect<Socket, Stream: Send + 'static, TlsConnect: Send>,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    let (client, connection) = config.connect(tls).await.map_err(|error| chain(&error))?;
    let connection = AsyncPgConnection::try_from_client_and_connection(client, connection);
    connection.await.map_err(|error| chain(&error))
}

/// What failed, and what made it fail.
fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |cause: &&dyn Error| (*cause).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// Encryption that trusts `roots`, or whom the system trusts.
pub(crate) fn encryption(roots: Option<RootCertStore>) -> Result<MakeRustlsConnect, StoreError> {
    let roots = match roots {
        Some(roots) => roots,
        None => {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                return Err(StoreError::unavailable("the system trusts no certificate authority"));
            }
            roots
        }
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(StoreError::unavailable)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

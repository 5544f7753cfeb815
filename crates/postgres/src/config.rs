//! Where the databases are, and who we are there.

use rustls::RootCertStore;

/// One primary, its replicas, and how many connections to each. It holds passwords and so prints nothing.
#[derive(Clone)]
pub struct PgConfig {
    /// The server that is written to.
    pub primary: PgServer,
    /// Servers that may be asked for what does not have to be the latest: listings of accounts, and the
    /// audit.
    pub replicas: Vec<PgServer>,
    /// The most connections to each server; at least one.
    pub pool_size: usize,
    /// Who may sign the servers' certificates; `None`: whom the system trusts (`SSL_CERT_FILE` is heeded).
    pub roots: Option<RootCertStore>,
}

/// One PostgreSQL server, version 15 or later.
#[derive(Clone)]
pub struct PgServer {
    /// Its host name, IP address, or the folder of its Unix socket (which is never encrypted).
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The database.
    pub name: String,
    /// The user.
    pub user: String,
    /// The user's password.
    pub password: Option<String>,
    /// Whether the connection is encrypted, and the server's certificate and name verified.
    pub tls: bool,
}

//! PostgreSQL: where it is, who we are there, and its replicas.

use crate::error::ConfigError;
use crate::reader::{Reader, items};
use crate::secret::SecretText;
use crate::strength;
use crate::text::{host_name, is_this_machine, percent_decode, plain_text};
use crate::variables as var;
use url::{Host, Url};

/// Settings of the database.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    /// The one that is written to.
    pub primary: PostgresConfig,
    /// Those that may be read from as well.
    pub replicas: Vec<PostgresConfig>,
    /// The most connections to each of them.
    pub pool_size: usize,
}

/// One PostgreSQL server.
#[derive(Debug, Clone)]
pub struct PostgresConfig {
    /// Its host name, IP address or folder of its Unix socket.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The database.
    pub name: String,
    /// The user.
    pub user: String,
    /// The user's password.
    pub password: Option<SecretText>,
    /// Whether connections are encrypted, and the certificate verified.
    pub tls: bool,
}

impl DatabaseConfig {
    /// `None` when neither `DATABASE_URL` nor `DB_HOST` names a database.
    pub(crate) fn read(reader: &Reader<'_>) -> Result<Option<Self>, ConfigError> {
        let host = reader.optional(&var::DB_HOST, database_host)?;
        let base = PostgresConfig {
            host: host.clone().unwrap_or_default(),
            port: reader.number(&var::DB_PORT)?,
            name: reader.required(&var::DB_NAME, plain_text)?,
            user: reader.required(&var::DB_USER, plain_text)?,
            password: reader.secret(&var::DB_PASSWORD)?,
            tls: reader.flag(&var::DB_USE_TLS)?,
        };
        let primary = match reader.checked_secret(&var::DATABASE_URL, |url| from_url(url, &base))? {
            None if host.is_none() => None,
            None => Some(base.clone()),
            from_url => from_url,
        };
        let replicas = reader.checked_secret(&var::DATABASE_REPLICA_URLS, |urls| {
            let base = primary.as_ref().unwrap_or(&base);
            items(urls).map(|url| from_url(url, base)).collect()
        })?;
        let servers = primary.iter().chain(replicas.iter().flatten());
        // A URL's own password has passed: one that does not is the shared one.
        for server in servers {
            server.check_password().map_err(|why| reader.refusal(&var::DB_PASSWORD, &why))?;
        }
        let pool_size = reader.number(&var::DB_POOL_SIZE)?;
        Ok(primary.map(|primary| Self { primary, replicas: replicas.unwrap_or_default(), pool_size }))
    }
}

impl PostgresConfig {
    /// Reads a URL like `DATABASE_URL` on its own, for a server that is not the service's.
    ///
    /// # Errors
    /// What is wrong with it, without repeating it.
    pub fn from_url(text: &str) -> Result<Self, String> {
        let base = Self {
            host: String::new(),
            port: 5432,
            name: String::new(),
            user: String::new(),
            password: None,
            tls: false,
        };
        let server = from_parts(text, &base)?;
        if server.name.is_empty() || server.user.is_empty() {
            return Err("it names no database or no user".into());
        }
        Ok(server)
    }

    /// Whether strangers would guess the password at once; on this machine there are none.
    fn check_password(&self) -> Result<(), String> {
        if is_this_machine(&self.host) {
            return Ok(());
        }
        strength::check_known(self.password.as_ref(), Some(&self.user))
    }
}

fn database_host(text: &str) -> Option<String> {
    if text.starts_with('/') { plain_text(text) } else { host_name(text) }
}

/// What `text` says, and for what it leaves out, what `base` says; a password in it is a good one.
fn from_url(text: &str, base: &PostgresConfig) -> Result<PostgresConfig, String> {
    let server = from_parts(text, base)?;
    let shared =
        server.password.as_ref().map(SecretText::expose) == base.password.as_ref().map(SecretText::expose);
    if !shared {
        server.check_password()?;
    }
    Ok(server)
}

/// What `text` says, and for what it leaves out, what `base` says.
///
/// The driver that SQLAlchemy writes into the scheme (`postgresql+asyncpg`) is passed over. Parameters other
/// than `sslmode` are refused rather than ignored; `sslmode=prefer` too, for it promises nothing.
fn from_parts(text: &str, base: &PostgresConfig) -> Result<PostgresConfig, String> {
    let url = Url::parse(text).map_err(|error| format!("it is no URL ({error})"))?;
    if !matches!(url.scheme().split('+').next(), Some("postgres" | "postgresql")) {
        return Err("its scheme is not `postgres` or `postgresql`".into());
    }
    let host = match url.host() {
        Some(Host::Domain(host)) => percent_decode(host)?,
        Some(Host::Ipv4(host)) => host.to_string(),
        Some(Host::Ipv6(host)) => host.to_string(),
        None => String::new(),
    };
    let part = |text: &str, otherwise: &str| match percent_decode(text)? {
        given if given.is_empty() => Ok(otherwise.to_owned()),
        given => plain_text(&given).ok_or_else(|| "its user or its database is no name".to_owned()),
    };
    let mut tls = base.tls;
    for (key, value) in url.query_pairs() {
        tls = match (key.as_ref(), value.as_ref()) {
            ("sslmode", "disable") => false,
            ("sslmode", "require" | "verify-ca" | "verify-full") => true,
            ("sslmode", _) => return Err("its sslmode is another one".into()),
            _ => return Err("it has a parameter other than sslmode".into()),
        };
    }
    if url.port() == Some(0) {
        return Err("its port is 0".into());
    }
    Ok(PostgresConfig {
        host: database_host(&host).ok_or("it names no host, or not exactly one")?,
        port: url.port().unwrap_or(base.port),
        name: part(url.path().trim_start_matches('/'), &base.name)?,
        user: part(url.username(), &base.user)?,
        password: match url.password() {
            Some(password) => Some(SecretText::new(percent_decode(password)?)),
            None => base.password.clone(),
        },
        tls,
    })
}

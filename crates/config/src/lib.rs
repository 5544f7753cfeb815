//! Evently Auth: settings from environment, files and the Zero secrets manager, parsed once into types.
//!
//! - A value comes from the environment, then from the file that `NAME_FILE` names (secrets alone), then from
//!   Zero, then from the table of defaults, [`VARIABLES`].
//! - There is no network in here: [`ZeroAccess::read`] says how Zero is opened, and whoever fetched what it
//!   knows hands that to [`Config::from_sources`].
//! - Whatever [`Config`] holds has been checked; a wrong value is a [`ConfigError`], one line that names the
//!   variable.
//! - The process environment is read here and nowhere else, and secrets are never printed.
//!
//! To add a variable: a line in `variables.rs`, a field, and the call that reads it.

mod database;
mod error;
mod hashing;
mod http;
mod log;
mod mail;
mod operation;
mod reader;
mod redis;
mod rules;
mod secret;
mod source;
mod strength;
mod text;
mod tokens;
mod variables;
mod zero;

pub use database::{DatabaseConfig, PostgresConfig};
pub use error::ConfigError;
pub use hashing::{Argon2Config, HashAlgorithm, HashConfig};
pub use http::HttpConfig;
pub use log::{LogConfig, LogFormat};
pub use mail::{MailConfig, SmtpConfig, SmtpCredentials, SmtpTls};
pub use operation::{TelemetryConfig, WorkerConfig};
pub use redis::{Endpoint, RedisConfig, RedisTopology};
pub use secret::SecretText;
pub use source::{Environment, Source};
pub use tokens::{TokenAlgorithm, TokenConfig};
pub use variables::{Takes, VARIABLES, Variable, markdown_table};
pub use zero::ZeroAccess;

use crate::variables as var;
use evently_auth_domain::settings::Settings;
use reader::Reader;
use std::path::PathBuf;

/// All settings of the service.
#[derive(Debug, Clone)]
pub struct Config {
    /// What it stores its data in.
    pub mode: Mode,
    /// The HTTP server.
    pub http: HttpConfig,
    /// The parameters of the domain's rules.
    pub rules: Settings,
    /// Access tokens.
    pub tokens: TokenConfig,
    /// What refresh tokens, codes, waiting mails and the audit are protected with. In production mode, where
    /// it is missing there is a `JWT_SECRET`.
    pub secret_key: Option<SecretText>,
    /// Password hashing.
    pub hashing: HashConfig,
    /// Mail.
    pub mail: MailConfig,
    /// The log.
    pub log: LogConfig,
    /// Traces.
    pub telemetry: TelemetryConfig,
    /// A worker process.
    pub worker: WorkerConfig,
    /// The folder of embedded mode's files.
    pub data_dir: PathBuf,
    /// What an operator should know about these settings; a line each, nothing secret.
    pub warnings: Vec<String>,
}

/// What the service stores its data in.
#[derive(Debug, Clone)]
pub enum Mode {
    /// Files under `DATA_DIR`; nothing else is needed.
    Embedded,
    /// Servers that several instances share.
    Production(Box<ProductionConfig>),
}

/// The servers of production mode.
#[derive(Debug, Clone)]
pub struct ProductionConfig {
    /// PostgreSQL.
    pub database: DatabaseConfig,
    /// Redis.
    pub redis: RedisConfig,
}

impl Config {
    /// Reads the settings from `source`, and the files that it names.
    ///
    /// # Errors
    /// The first wrong setting.
    pub fn from_source(source: &dyn Source) -> Result<Self, ConfigError> {
        Self::from_sources(source, None)
    }

    /// Reads the settings from `environment`, and the files that it names; what they leave out from `zero`,
    /// which knows values by the names of variables and none of files.
    ///
    /// # Errors
    /// The first wrong setting.
    pub fn from_sources(environment: &dyn Source, zero: Option<&dyn Source>) -> Result<Self, ConfigError> {
        ZeroAccess::read(environment)?; // whoever has fetched has read it too; whoever has not is told what is wrong
        let reader = Reader::new(environment, zero);
        let mode = Mode::read(&reader)?;
        let embedded = matches!(mode, Mode::Embedded);
        let http = HttpConfig::read(&reader)?;
        let (tokens, secret_key) = TokenConfig::read(&reader, !embedded)?;
        let hashing = HashConfig::read(&reader)?;
        let mut config = Self {
            mode,
            http,
            rules: rules::read(&reader, &hashing)?,
            tokens,
            secret_key,
            hashing,
            mail: MailConfig::read(&reader)?,
            log: LogConfig::read(&reader, embedded)?,
            telemetry: TelemetryConfig::read(&reader)?,
            worker: WorkerConfig::read(&reader)?,
            data_dir: reader.required(&var::DATA_DIR, |text| Some(PathBuf::from(text)))?,
            warnings: Vec::new(),
        };
        config.warnings = config.doubts(&reader);
        Ok(config)
    }

    /// Settings that are allowed and probably not meant.
    fn doubts(&self, reader: &Reader<'_>) -> Vec<String> {
        let mut warnings = Vec::new();
        match self.mode {
            Mode::Embedded => warnings.extend(idle_servers(reader)),
            Mode::Production(_) => {
                if self.secret_key.is_none() {
                    warnings.push(
                        "SECRET_KEY is not set: keys are derived from JWT_SECRET, which other services know"
                            .into(),
                    );
                }
                if self.mail.smtp.is_none() {
                    warnings.push("SMTP_HOST is not set: mails wait until a worker has a mail server".into());
                }
            }
        }
        if self.http.trusted_proxies.iter().any(|network| network.prefix_len() == 0) {
            warnings.push(
                "TRUSTED_PROXIES holds every address: clients can choose the one they are seen with".into(),
            );
        }
        warnings
    }
}

impl Mode {
    fn read(reader: &Reader<'_>) -> Result<Self, ConfigError> {
        let database = DatabaseConfig::read(reader)?;
        let redis = RedisConfig::read(reader)?;
        match (database, redis) {
            (None, _) => Ok(Self::Embedded),
            (Some(database), Some(redis)) => {
                redis.check_password(reader)?;
                Ok(Self::Production(Box::new(ProductionConfig { database, redis })))
            }
            (Some(_), None) => {
                Err(ConfigError::missing(&var::REDIS_URL, "production mode needs Redis beside the database"))
            }
        }
    }
}

/// Variables of production mode without the database that would turn it on: somebody forgot that one. Mails
/// go to files then, mail server or not.
fn idle_servers(reader: &Reader<'_>) -> Option<String> {
    let given: Vec<_> = VARIABLES
        .iter()
        .filter(|variable| {
            ["DB_", "DATABASE_", "REDIS_", "SMTP_HOST"].iter().any(|start| variable.name.starts_with(start))
        })
        .filter(|variable| reader.is_given(variable))
        .map(|variable| variable.name)
        .collect();
    let names = given.join(", ");
    (!given.is_empty())
        .then(|| format!("{names} is not used: embedded mode, since neither DATABASE_URL nor DB_HOST is set"))
}

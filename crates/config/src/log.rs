//! What is logged, and how.

use crate::error::ConfigError;
use crate::reader::Reader;
use crate::variables as var;
use tracing_subscriber::EnvFilter;

/// Settings of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// How lines look.
    pub format: LogFormat,
    /// Which of them are written; a valid filter of `tracing-subscriber`.
    pub filter: String,
}

/// How lines of the log look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object each.
    Json,
    /// For a person at a terminal.
    Pretty,
}

impl LogConfig {
    /// A person tries the embedded mode at a terminal; in production a collector reads the log.
    pub(crate) fn read(reader: &Reader<'_>, embedded: bool) -> Result<Self, ConfigError> {
        let formats = [("json", LogFormat::Json), ("pretty", LogFormat::Pretty)];
        let default = if embedded { LogFormat::Pretty } else { LogFormat::Json };
        Ok(Self {
            format: reader.choice(&var::LOG_FORMAT, &formats)?.unwrap_or(default),
            filter: reader.required(&var::RUST_LOG, filter)?,
        })
    }
}

fn filter(text: &str) -> Option<String> {
    EnvFilter::try_new(text).ok().map(|_| text.to_owned())
}

//! How the service is watched, and how its workers work.

use crate::error::ConfigError;
use crate::reader::Reader;
use crate::text::base_url;
use crate::variables as var;

/// Settings of traces; metrics are fetched from the service and need none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelemetryConfig {
    /// The base URL of the collector, without a slash at the end; traces go to `/v1/traces` below it
    /// (OpenTelemetry Protocol Exporter, "Endpoint URLs for OTLP/HTTP"). Without one there are no traces.
    pub otlp_endpoint: Option<String>,
}

/// Settings of a worker process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerConfig {
    /// The port of its health and metrics; 0 is any free one.
    pub port: u16,
    /// How many mails it sends at once.
    pub concurrency: usize,
}

impl TelemetryConfig {
    pub(crate) fn read(reader: &Reader<'_>) -> Result<Self, ConfigError> {
        Ok(Self { otlp_endpoint: reader.optional(&var::OTEL_EXPORTER_OTLP_ENDPOINT, base_url)? })
    }
}

impl WorkerConfig {
    pub(crate) fn read(reader: &Reader<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            port: reader.number(&var::WORKER_PORT)?,
            concurrency: reader.number(&var::WORKER_CONCURRENCY)?,
        })
    }
}

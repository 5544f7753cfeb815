//! The log, on standard error: JSON for a collector, or lines for a person; and traces over OTLP when they are wanted.

use evently_auth_config::{LogConfig, LogFormat, TelemetryConfig};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::io::{self, IsTerminal};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry};

/// Log and traces of this process, until it ends.
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
}

/// Starts the log, and traces under the name `service` when an endpoint is set.
///
/// # Errors
/// When the filter or the endpoint is none, or a log was started before.
pub fn start_telemetry(
    service: &'static str,
    log: &LogConfig,
    telemetry: &TelemetryConfig,
) -> anyhow::Result<Telemetry> {
    let filter = EnvFilter::try_new(&log.filter)?;
    let traces = telemetry.otlp_endpoint.as_deref().map(|base| provider(service, base)).transpose()?;
    let spans = traces.as_ref().map(|traces| {
        opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
        tracing_opentelemetry::layer().with_tracer(traces.tracer(service))
    });
    Registry::default().with(spans).with(lines(log.format)).with(filter).try_init()?;
    Ok(Telemetry { traces })
}

impl Telemetry {
    /// Sends what is left; within seconds, and without complaint when nobody takes it.
    pub fn stop(self) {
        let Some(traces) = self.traces else { return };
        if let Err(error) = traces.shutdown() {
            tracing::warn!(%error, "the last traces were not taken");
        }
    }
}

fn lines<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    let log = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    match format {
        LogFormat::Json => {
            log.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
        }
        LogFormat::Pretty => log.compact().with_target(false).boxed(),
    }
}

/// Sends spans in batches, from a thread of its own; a collector that is away costs spans and nothing else.
fn provider(service: &'static str, base: &str) -> anyhow::Result<SdkTracerProvider> {
    // An https endpoint asks for it; a provider that is there already is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let endpoint = format!("{}/v1/traces", base.trim_end_matches('/'));
    let exporter = SpanExporter::builder().with_http().with_endpoint(endpoint).build()?;
    let resource = Resource::builder().with_service_name(service).build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

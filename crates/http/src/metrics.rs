//! What is measured is kept for Prometheus, with the buckets that OpenTelemetry recommends for HTTP.

use crate::middleware::{ACTIVE, DURATION};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusRecorder};

/// Upper bounds in seconds (OpenTelemetry semantic conventions, `http.server.request.duration`).
const BUCKETS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// What the process has to install with [`metrics::set_global_recorder`]; its handle goes into
/// [`crate::HttpState::metrics`].
///
/// # Errors
/// When the buckets are not valid, which they are.
pub fn metrics_recorder() -> Result<PrometheusRecorder, BuildError> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("duration_seconds".to_owned()), &BUCKETS)?
        .build_recorder();
    metrics::with_local_recorder(&recorder, || {
        metrics::describe_histogram!(DURATION, metrics::Unit::Seconds, "How long requests took");
        metrics::describe_gauge!(ACTIVE, "Requests under way");
    });
    Ok(recorder)
}

//! Traces and workers.

use crate::{config, refusal};

#[test]
fn there_are_no_traces_until_a_collector_is_named() {
    assert_eq!(config(&[]).telemetry.otlp_endpoint, None);
    let endpoint = |text| config(&[("OTEL_EXPORTER_OTLP_ENDPOINT", text)]).telemetry.otlp_endpoint.unwrap();
    assert_eq!(endpoint("http://collector:4318"), "http://collector:4318");
    assert_eq!(endpoint("https://Collector.example.com/otlp/"), "https://collector.example.com/otlp");
    for wrong in ["collector:4318", "grpc://collector:4317", "http://collector/?x=1", "http://", "4318"] {
        let line = refusal(&[("OTEL_EXPORTER_OTLP_ENDPOINT", wrong)]);
        let start =
            format!("OTEL_EXPORTER_OTLP_ENDPOINT is {wrong:?}; it takes an http or https URL without query");
        assert!(line.starts_with(&start), "{line}");
    }
}

#[test]
fn a_worker_has_a_port_and_a_bounded_concurrency() {
    let worker = config(&[]).worker;
    assert_eq!((worker.port, worker.concurrency), (8001, 8));
    let worker = config(&[("WORKER_PORT", "0"), ("WORKER_CONCURRENCY", "256")]).worker;
    assert_eq!((worker.port, worker.concurrency), (0, 256));
    assert_eq!(
        refusal(&[("WORKER_CONCURRENCY", "0")]),
        r#"WORKER_CONCURRENCY is "0"; it takes a whole number of mails, 1 to 256"#
    );
}

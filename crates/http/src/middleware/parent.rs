//! The trace that a request belongs to, as its sender says (W3C Trace Context, `traceparent`); the log names it.

use actix_web::http::header::HeaderMap;
use opentelemetry::Context;
use opentelemetry::global::get_text_map_propagator;
use opentelemetry::propagation::Extractor;
use opentelemetry::trace::TraceContextExt;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Makes `span` part of the trace that `headers` name, or of a new one, and writes that down in it. Does nothing where
/// no traces are collected.
pub(super) fn adopt(span: &Span, headers: &HeaderMap) {
    let parent = get_text_map_propagator(|propagator| {
        propagator.extract_with_context(&Context::new(), &Headers(headers))
    });
    // It fails where no layer collects traces, and nothing is needed there.
    if span.set_parent(parent).is_err() {
        return;
    }
    let context = span.context();
    let trace = context.span().span_context().trace_id();
    span.record("trace_id", tracing::field::display(trace));
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}

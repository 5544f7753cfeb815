//! How long calls take, told to whoever collects measurements.

use evently_auth_domain::error::StoreErrorKind;
use metrics::{Histogram, histogram};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The measurements of calls that went well, each looked up once: its labels cost more than to record it.
#[derive(Default)]
pub(crate) struct Durations(Mutex<HashMap<&'static str, Histogram>>);

impl Durations {
    /// A call of `operation` took `time`, and failed like that, if it did.
    pub(crate) fn record(&self, operation: &'static str, failure: Option<StoreErrorKind>, time: Duration) {
        let error = match failure {
            None => {
                let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                known.entry(operation).or_insert_with(|| of(operation, "")).record(time);
                return;
            }
            Some(StoreErrorKind::Unavailable) => "unavailable",
            Some(StoreErrorKind::Contention) => "contention",
            Some(StoreErrorKind::Corrupt) => "corrupt",
        };
        of(operation, error).record(time);
    }
}

fn of(operation: &'static str, error: &'static str) -> Histogram {
    histogram!(
        "db_client_operation_duration_seconds",
        "db_system_name" => "postgresql",
        "db_operation_name" => operation,
        "error_type" => error,
    )
}

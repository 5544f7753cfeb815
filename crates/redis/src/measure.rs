//! How long each operation took, and how it failed.

use evently_auth_domain::error::{StoreError, StoreErrorKind};
use std::time::Instant;

/// Measures `call` as `operation`.
pub(crate) async fn measured<T>(
    operation: &'static str,
    call: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let start = Instant::now();
    let result = call.await;
    let error_type = match result.as_ref().map_err(|error| error.kind) {
        Ok(_) => "",
        Err(StoreErrorKind::Unavailable) => "unavailable",
        Err(StoreErrorKind::Contention) => "contention",
        Err(StoreErrorKind::Corrupt) => "corrupt",
    };
    metrics::histogram!(
        "db_client_operation_duration_seconds",
        "db_system_name" => "redis",
        "db_operation_name" => operation,
        "error_type" => error_type,
    )
    .record(start.elapsed());
    result
}

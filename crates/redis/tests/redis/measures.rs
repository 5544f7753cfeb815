//! What operations are called, and how their failures are told apart.

use crate::world::{World, single};
use evently_auth_services::Redis;
use metrics_exporter_prometheus::PrometheusBuilder;

/// The recorder is that of this thread, so everything runs on it.
#[tokio::test]
async fn every_operation_is_measured() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _local = metrics::set_default_local_recorder(&recorder);
    let redis = Redis::launch().await.unwrap();
    let world = World::new(&single(&redis));
    world.use_all().await.unwrap();
    redis.stop().await.unwrap();
    world.use_all().await.unwrap_err();

    let text = recorder.handle().render();
    let measured = |operation: &str, error: &str| {
        let found = text.lines().any(|line| {
            let labels =
                ["db_system_name=\"redis\"".to_owned(), format!("db_operation_name=\"{operation}\"")];
            line.starts_with("db_client_operation_duration_seconds_count")
                && labels.iter().all(|label| line.contains(label))
                && line.contains(&format!("error_type=\"{error}\""))
        });
        assert!(found, "{operation} {error:?} is missing in {text}");
    };
    for operation in ["codes.put", "codes.check", "codes.restore", "probe"] {
        measured(operation, "");
    }
    for operation in ["acquire", "peek", "take_back"] {
        measured(&format!("rate_limits.{operation}"), "");
    }
    measured("codes.put", "unavailable");
}

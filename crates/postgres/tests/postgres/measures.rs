//! Every call and every pool is measured, under the names that dashboards know.

use crate::Database;
use crate::support::{config, store};
use evently_auth_contract::given;
use evently_auth_domain::account::UserId;
use evently_auth_domain::ports::{Sessions, Users};
use evently_auth_postgres::{PgConfig, PgServer, PgStore};
use metrics_exporter_prometheus::PrometheusBuilder;
use std::time::{Duration, Instant};

/// The figure of the line of `text` that has all `parts`.
fn value(text: &str, parts: &[&str]) -> f64 {
    let found = text.lines().find(|line| parts.iter().all(|part| line.contains(part)));
    let line = found.unwrap_or_else(|| panic!("{parts:?} in\n{text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// On one thread, for the recorder is this thread's own.
#[tokio::test(flavor = "current_thread")]
async fn calls_and_pools_are_measured() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let database = Database::new().await;
    let replica = Database::new().await;
    let servers = PgConfig { replicas: vec![replica.server.clone()], ..config(&database.server) };
    let both = PgStore::new(&servers, given::audit_key()).unwrap();
    Users::find(&both, UserId(1)).await.unwrap();
    Users::list(&both, &given::everybody()).await.unwrap();
    let nobody = PgServer { host: "127.0.0.1".to_owned(), port: 1, ..database.server.clone() };
    Sessions::find(&store(&nobody), &given::sid(1)).await.unwrap_err();

    let text = recorder.handle().render();
    let line = |parts: &[&str]| value(&text, parts);
    let call = "db_client_operation_duration_seconds_count";
    let found =
        [call, "db_system_name=\"postgresql\"", "db_operation_name=\"users.find\"", "error_type=\"\""];
    assert_eq!(line(&found), 1.0);
    let failed = [call, "db_operation_name=\"sessions.find\"", "error_type=\"unavailable\""];
    assert_eq!(line(&failed), 1.0);
    let primary = "db_client_connection_pool_name=\"primary\"";
    assert!(line(&["db_client_connection_wait_time_duration_seconds_count", primary]) >= 2.0);
    for pool in ["primary", "replica-0"] {
        let pool = format!("db_client_connection_pool_name=\"{pool}\"");
        let max = line(&["db_client_connection_max", &pool]);
        assert!(max >= 1.0);
        assert_eq!(line(&["db_client_connection_pending_requests", &pool]), 0.0);
        assert_eq!(line(&["db_client_connection_count", &pool, "state=\"used\""]), 0.0);
    }
    let replica = "db_client_connection_pool_name=\"replica-0\"";
    assert_eq!(line(&["db_client_connection_count", replica, "state=\"idle\""]), 1.0);
}

/// On one thread, as above.
#[tokio::test(flavor = "current_thread")]
async fn whoever_waits_for_a_connection_is_counted_meanwhile() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let database = Database::new().await;
    let store =
        PgStore::new(&PgConfig { pool_size: 1, ..config(&database.server) }, given::audit_key()).unwrap();
    let pending = || {
        let text = recorder.handle().render();
        let of = ["db_client_connection_pending_requests", "db_client_connection_pool_name=\"primary\""];
        value(&text, &of)
    };
    Users::find(&store, UserId(1)).await.unwrap();
    assert_eq!(pending(), 0.0);

    let raw = database.raw().await;
    raw.batch_execute("BEGIN; LOCK TABLE users").await.unwrap();
    let begun = Instant::now();
    let unlock = async {
        while pending() < 2.0 {
            assert!(begun.elapsed() < Duration::from_secs(4), "{} are counted", pending());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        raw.batch_execute("COMMIT").await.unwrap();
    };
    let find = || Users::find(&store, UserId(1));
    let (one, two, three, ()) = tokio::join!(find(), find(), find(), unlock);
    assert!(one.is_ok() && two.is_ok() && three.is_ok(), "{one:?} {two:?} {three:?}");
    assert_eq!(pending(), 0.0);
}

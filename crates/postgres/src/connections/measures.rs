//! What a pool tells of itself. Each measurement is looked up once: a call makes several of them.

use deadpool::Status;
use metrics::{Gauge, Histogram, gauge, histogram};
use std::time::Duration;

pub(super) struct Measures {
    idle: Gauge,
    used: Gauge,
    max: Gauge,
    pending: Gauge,
    wait: Histogram,
}

impl Measures {
    /// Those of the pool with this name, told to whoever collects measurements now.
    pub(super) fn of(pool: &str) -> Self {
        let connections = |state: &'static str| {
            gauge!(
                "db_client_connection_count",
                "db_client_connection_pool_name" => pool.to_owned(),
                "db_client_connection_state" => state,
            )
        };
        Self {
            idle: connections("idle"),
            used: connections("used"),
            max: gauge!("db_client_connection_max", "db_client_connection_pool_name" => pool.to_owned()),
            pending: gauge!(
                "db_client_connection_pending_requests",
                "db_client_connection_pool_name" => pool.to_owned(),
            ),
            wait: histogram!(
                "db_client_connection_wait_time_duration_seconds",
                "db_client_connection_pool_name" => pool.to_owned(),
            ),
        }
    }

    pub(super) fn count(&self, status: &Status) {
        let idle = status.available.min(status.size);
        self.idle.set(idle as f64);
        self.used.set((status.size - idle) as f64);
        self.max.set(status.max_size as f64);
        self.pending.set(status.waiting as f64);
    }

    pub(super) fn waited(&self, time: Duration) {
        self.wait.record(time);
    }
}

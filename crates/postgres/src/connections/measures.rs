//! What a pool tells of itself. Each measurement is looked up once: a call makes several of them.

use metrics::{Gauge, Histogram, gauge, histogram};
use std::time::Duration;

pub(super) struct Measures {
    idle: Gauge,
    used: Gauge,
    pending: Gauge,
    wait: Histogram,
}

impl Measures {
    /// Those of the pool with this name and size, told to whoever collects measurements now.
    pub(super) fn of(pool: &str, size: usize) -> Self {
        let connections = |state: &'static str| {
            gauge!(
                "db_client_connection_count",
                "db_client_connection_pool_name" => pool.to_owned(),
                "db_client_connection_state" => state,
            )
        };
        gauge!("db_client_connection_max", "db_client_connection_pool_name" => pool.to_owned())
            .set(size as f64);
        let pending = gauge!(
            "db_client_connection_pending_requests",
            "db_client_connection_pool_name" => pool.to_owned(),
        );
        pending.set(0.0);
        Self {
            idle: connections("idle"),
            used: connections("used"),
            pending,
            wait: histogram!(
                "db_client_connection_wait_time_duration_seconds",
                "db_client_connection_pool_name" => pool.to_owned(),
            ),
        }
    }

    pub(super) fn count(&self, idle: usize, used: usize) {
        self.idle.set(idle as f64);
        self.used.set(used as f64);
    }

    pub(super) fn waited(&self, time: Duration) {
        self.wait.record(time);
    }

    /// Counts a caller who waits for a connection, until the answer is dropped.
    pub(super) fn pending(&self) -> Pending<'_> {
        self.pending.increment(1.0);
        Pending(&self.pending)
    }
}

/// Somebody waits for a connection.
pub(super) struct Pending<'a>(&'a Gauge);

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

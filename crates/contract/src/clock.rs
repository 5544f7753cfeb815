//! Clauses of `Clock`.

use evently_auth_domain::ports::Clock;
use std::sync::Arc;

/// Tests an adapter of `Clock`, given an async function that makes an `Arc<dyn Clock>`.
#[macro_export]
macro_rules! clock {
    ($fresh:expr) => {
        $crate::clauses!($fresh, clock: [now_is_cut_to_the_microsecond,]);
    };
}

/// So that every store keeps it exactly.
pub async fn now_is_cut_to_the_microsecond(clock: Arc<dyn Clock>) {
    for _ in 0..1_000 {
        assert_eq!(clock.now().timestamp_subsec_nanos() % 1_000, 0);
    }
}

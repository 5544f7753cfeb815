//! Clauses of `Probe`.

use crate::ProbeHarness;
use std::time::{Duration, Instant};

/// Tests an adapter of `Probe`, given an async function that makes a [`ProbeHarness`].
#[macro_export]
macro_rules! probe {
    ($fresh:expr) => {
        $crate::clauses!($fresh, probe: [what_is_there_answers, what_is_away_is_an_error_within_two_seconds,]);
    };
}

/// Every time it is asked.
pub async fn what_is_there_answers(given: ProbeHarness) {
    for _ in 0..3 {
        given.present.probe().await.unwrap();
    }
}

/// Nobody waits for it longer.
pub async fn what_is_away_is_an_error_within_two_seconds(given: ProbeHarness) {
    let start = Instant::now();
    assert!(given.away.probe().await.is_err());
    assert!(start.elapsed() < Duration::from_secs(3), "a second more than promised, for a busy machine");
}

//! Waiting that ends at once when the worker is told to stop.

use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Waits for `length`, or until `stop`; `false` when it is time to stop.
pub(crate) async fn pause(length: Duration, stop: &CancellationToken) -> bool {
    stop.run_until_cancelled(tokio::time::sleep(length)).await.is_some()
}

/// How long to leave a store alone that failed `failures` times in a row: 1 s, 2 s, 4 s, … 30 s.
pub(crate) fn backoff(failures: u32) -> Duration {
    Duration::from_secs(1_u64 << failures.saturating_sub(1).min(5)).min(Duration::from_secs(30))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backs_off_and_stays_bounded() {
        let seconds = |failures| backoff(failures).as_secs();
        assert_eq!([seconds(1), seconds(2), seconds(5), seconds(6), seconds(u32::MAX)], [1, 2, 16, 30, 30]);
    }
}

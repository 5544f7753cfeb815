//! How long a hash takes of late.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A running mean, in which the last eight hashes count for two thirds.
pub(super) struct Pace {
    nanoseconds: AtomicU64,
}

impl Pace {
    /// Starts from one hash that took so long.
    pub(super) fn new(first: Duration) -> Self {
        Self { nanoseconds: AtomicU64::new(nanoseconds(first)) }
    }

    /// Another one took so long.
    pub(super) fn note(&self, took: Duration) {
        let next = |mean: u64| Some(mean - mean / 8 + nanoseconds(took) / 8);
        // It never fails: there is always a next one.
        let _ = self.nanoseconds.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
    }

    /// How long `hashes` take that are made one after another.
    pub(super) fn time_for(&self, hashes: usize) -> Duration {
        let mean = Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed));
        mean.saturating_mul(u32::try_from(hashes).unwrap_or(u32::MAX))
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX / 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_follows_what_hashes_take() {
        let pace = Pace::new(Duration::from_millis(20));
        assert_eq!(pace.time_for(9), Duration::from_millis(180));
        for _ in 0..8 {
            pace.note(Duration::from_millis(120));
        }
        let now = pace.time_for(1);
        assert!(Duration::from_millis(80) < now && now < Duration::from_millis(100), "{now:?}");
        for _ in 0..200 {
            pace.note(Duration::from_millis(5));
        }
        assert_eq!(pace.time_for(1).as_millis(), 5);
        pace.note(Duration::MAX);
        assert!(pace.time_for(usize::MAX) > Duration::from_secs(3_600));
    }
}

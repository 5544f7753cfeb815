//! The system clock, and one that tests can move. Both tell the time in whole microseconds.

use chrono::{SubsecRound, TimeDelta, Utc};
use evently_auth_domain::Timestamp;
use evently_auth_domain::ports::Clock;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Digits of a second that every store keeps.
const MICROSECONDS: u16 = 6;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the time comes from")]
    fn now(&self) -> Timestamp {
        Utc::now().trunc_subsecs(MICROSECONDS)
    }
}

/// A clock that stands still until it is moved; its clones show and move the same time.
#[derive(Debug, Clone)]
pub struct MovableClock(Arc<Mutex<Timestamp>>);

impl MovableClock {
    /// A clock that shows `time`, cut to the microsecond.
    pub fn at(time: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(time.trunc_subsecs(MICROSECONDS))))
    }

    /// Moves on by `delta`; back when it is negative.
    ///
    /// # Panics
    /// When the new time is out of chrono's range, some 262,000 years away.
    pub fn advance(&self, delta: TimeDelta) {
        let mut time = self.time();
        *time = (*time + delta).trunc_subsecs(MICROSECONDS);
    }

    /// Shows `time` from now on, cut to the microsecond.
    pub fn set(&self, time: Timestamp) {
        *self.time() = time.trunc_subsecs(MICROSECONDS);
    }

    fn time(&self) -> MutexGuard<'_, Timestamp> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// 2026-01-01T00:00:00Z: a whole day, the same in each run.
impl Default for MovableClock {
    fn default() -> Self {
        const DAYS_SINCE_1970: i64 = 20_454;
        Self::at(Timestamp::UNIX_EPOCH + TimeDelta::days(DAYS_SINCE_1970))
    }
}

impl Clock for MovableClock {
    fn now(&self) -> Timestamp {
        *self.time()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{SystemTime, UNIX_EPOCH};

    fn is_in_microseconds(time: Timestamp) -> bool {
        time.timestamp_subsec_nanos().is_multiple_of(1_000)
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "another source to compare with")]
    fn the_system_clock_tells_the_machines_time_in_microseconds() {
        let seconds =
            || i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
        for _ in 0..100 {
            let before = seconds();
            let now = SystemClock.now();
            assert!((before..=seconds()).contains(&now.timestamp()));
            assert!(is_in_microseconds(now));
        }
    }

    #[test]
    fn a_movable_clock_stands_still() {
        let clock = MovableClock::default();
        assert_eq!(clock.now().to_string(), "2026-01-01 00:00:00 UTC");
        assert_eq!(clock.now(), clock.now());
    }

    #[test]
    fn a_movable_clock_moves_with_its_clones() {
        let clock = MovableClock::default();
        let twin = clock.clone();
        let start = clock.now();
        twin.advance(TimeDelta::minutes(31));
        assert_eq!(clock.now(), start + TimeDelta::minutes(31));
        clock.advance(TimeDelta::minutes(-1));
        assert_eq!(twin.now(), start + TimeDelta::minutes(30));
        clock.set(start);
        assert_eq!(twin.now(), start);
    }

    #[test]
    fn a_movable_clock_keeps_to_microseconds() {
        let start = MovableClock::default().now();
        let clock = MovableClock::at(start + TimeDelta::nanoseconds(1_999));
        assert_eq!(clock.now(), start + TimeDelta::microseconds(1));
        clock.advance(TimeDelta::nanoseconds(1_999));
        assert_eq!(clock.now(), start + TimeDelta::microseconds(2));
        clock.set(start + TimeDelta::nanoseconds(999));
        assert_eq!(clock.now(), start);
    }
}

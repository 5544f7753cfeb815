//! The sliding window under any arrival of requests, held against the definition.
#![allow(missing_docs)]

use chrono::TimeDelta;
use evently_auth_domain::Timestamp;
use evently_auth_domain::limits::{Limit, SlidingLog};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_window_holds_more_than_the_limit(
        max in 1_u32..6,
        pauses in prop::collection::vec(0_i64..40_000_000, 1..120),
    ) {
        let limit = Limit { max, window: TimeDelta::seconds(60) };
        let mut log = SlidingLog::default();
        let mut now = Timestamp::UNIX_EPOCH;
        let mut admitted: Vec<Timestamp> = Vec::new();
        for pause in pauses {
            now += TimeDelta::microseconds(pause);
            let counted = admitted.iter().filter(|at| now - **at < limit.window).count();
            let status = log.status(limit, now);
            prop_assert_eq!(status.remaining as usize, (max as usize).saturating_sub(counted));
            if status.remaining > 0 {
                log.push(limit, now);
                admitted.push(now);
            } else {
                // The wait is the true one: a microsecond earlier nothing passes, then one does.
                let passes = now + status.reset;
                prop_assert_eq!(log.status(limit, passes - TimeDelta::microseconds(1)).remaining, 0);
                prop_assert!(log.status(limit, passes).remaining > 0);
            }
        }
        for (i, from) in admitted.iter().enumerate() {
            let within = admitted.iter().skip(i).filter(|at| **at - *from < limit.window).count();
            prop_assert!(within <= max as usize);
        }
    }
}

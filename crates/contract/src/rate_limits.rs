//! Clauses of `RateLimits`.

use crate::{LimitsHarness, race};
use chrono::TimeDelta;
use evently_auth_domain::limits::{Admission, Budget, Limit, LimitKey, LimitStatus, TakeBack, WhenAway};

/// Tests an adapter of `RateLimits`, given an async function that makes a fresh [`LimitsHarness`].
#[macro_export]
macro_rules! rate_limits {
    ($fresh:expr) => {
        $crate::clauses!($fresh, rate_limits: [
            admits_as_many_as_the_limit_says,
            keys_are_counted_apart,
            the_window_slides,
            no_window_holds_more_than_the_limit,
            a_refused_request_is_not_counted,
            the_wait_is_true,
            a_full_budget_keeps_the_others_untouched,
            an_admission_counts_in_every_budget,
            an_admission_tells_of_the_tightest_budget,
            a_refusal_tells_of_the_longest_wait,
            peeking_counts_nothing,
            peeking_tells_of_the_tightest_budget,
            the_latest_is_taken_back,
            taking_nothing_back_is_nothing,
            all_of_one_key_are_taken_back,
            several_keys_are_taken_back_at_once,
            many_at_once_are_admitted_exactly,
            many_at_once_over_two_budgets_are_counted_in_both_or_none,
        ]);
    };
}

const WINDOW: TimeDelta = TimeDelta::minutes(15);
/// What a clock that runs by itself may add or lose between two calls.
const SLACK: TimeDelta = TimeDelta::seconds(5);

fn key(who: &str) -> LimitKey {
    LimitKey::new("clause", who, WhenAway::CountHere)
}

fn budget(who: &str, max: u32) -> Budget {
    Budget { key: key(who), limit: Limit { max, window: WINDOW } }
}

fn assert_about(actual: TimeDelta, expected: TimeDelta) {
    assert!((actual - expected).abs() <= SLACK, "{actual} is not about {expected}");
}

impl LimitsHarness {
    async fn take_back(&self, what: &[TakeBack]) {
        self.rate_limits.take_back(what).await.unwrap();
    }

    async fn acquire(&self, budgets: &[Budget]) -> Admission {
        self.rate_limits.acquire(budgets).await.unwrap()
    }

    async fn admitted(&self, budgets: &[Budget]) -> LimitStatus {
        match self.acquire(budgets).await {
            Admission::Admitted(status) => status,
            Admission::Refused(status) => panic!("refused: {status:?}"),
        }
    }

    async fn refused(&self, budgets: &[Budget]) -> LimitStatus {
        match self.acquire(budgets).await {
            Admission::Refused(status) => status,
            Admission::Admitted(status) => panic!("admitted: {status:?}"),
        }
    }

    async fn remaining(&self, budget: &Budget) -> u32 {
        self.rate_limits.peek(std::slice::from_ref(budget)).await.unwrap().remaining
    }
}

/// And says how many are left.
pub async fn admits_as_many_as_the_limit_says(given: LimitsHarness) {
    let budget = [budget("ada", 3)];
    for remaining in [2, 1, 0] {
        let status = given.admitted(&budget).await;
        assert_eq!((status.limit, status.remaining), (3, remaining));
        assert_about(status.reset, WINDOW);
    }
    let status = given.refused(&budget).await;
    assert_eq!((status.limit, status.remaining), (3, 0));
}

/// One key's requests are nothing to another.
pub async fn keys_are_counted_apart(given: LimitsHarness) {
    given.admitted(&[budget("ada", 1)]).await;
    given.refused(&[budget("ada", 1)]).await;
    given.admitted(&[budget("bob", 1)]).await;
}

/// A request counts for exactly one window, not until some fixed boundary.
pub async fn the_window_slides(given: LimitsHarness) {
    let budget = [budget("ada", 2)];
    given.admitted(&budget).await;
    (given.advance)(TimeDelta::minutes(10)).await;
    given.admitted(&budget).await;
    (given.advance)(TimeDelta::minutes(5)).await;
    given.admitted(&budget).await;
    given.refused(&budget).await;
    (given.advance)(TimeDelta::minutes(5)).await;
    given.refused(&budget).await;
    (given.advance)(TimeDelta::minutes(5)).await;
    given.admitted(&budget).await;
}

/// Whatever the rhythm: between two admissions that are `max` apart lies a window at least.
pub async fn no_window_holds_more_than_the_limit(given: LimitsHarness) {
    const MAX: usize = 4;
    let budget = [budget("ada", 4)];
    let step = TimeDelta::seconds(97);
    let mut admitted = Vec::new();
    for number in 0..60 {
        if let Admission::Admitted(_) = given.acquire(&budget).await {
            admitted.push(step * number);
        }
        (given.advance)(step).await;
    }
    assert!(admitted.windows(MAX + 1).all(|run| run[MAX] - run[0] >= WINDOW), "{admitted:?}");
    assert_eq!(admitted.len(), 24, "four in each 970 seconds, the first step at which one may pass again");
}

/// Who keeps asking waits no longer.
pub async fn a_refused_request_is_not_counted(given: LimitsHarness) {
    let budget = [budget("ada", 1)];
    given.admitted(&budget).await;
    for _ in 0..10 {
        (given.advance)(TimeDelta::minutes(1)).await;
        given.refused(&budget).await;
    }
    (given.advance)(TimeDelta::minutes(5)).await;
    given.admitted(&budget).await;
}

/// Before the named wait is over nobody passes, after it the caller does.
pub async fn the_wait_is_true(given: LimitsHarness) {
    let budget = [budget("ada", 2)];
    given.admitted(&budget).await;
    (given.advance)(TimeDelta::minutes(4)).await;
    given.admitted(&budget).await;
    (given.advance)(TimeDelta::minutes(3)).await;
    let wait = given.refused(&budget).await.reset;
    assert_about(wait, TimeDelta::minutes(8));
    (given.advance)(wait - SLACK).await;
    let rest = given.refused(&budget).await.reset;
    assert_about(rest, SLACK);
    (given.advance)(rest).await;
    given.admitted(&budget).await;
}

/// All or none: what one budget refuses is counted in no other.
pub async fn a_full_budget_keeps_the_others_untouched(given: LimitsHarness) {
    let (full, first, last) = (budget("full", 1), budget("first", 5), budget("last", 5));
    given.admitted(std::slice::from_ref(&full)).await;
    given.refused(&[first.clone(), full, last.clone()]).await;
    assert_eq!(given.remaining(&first).await, 5);
    assert_eq!(given.remaining(&last).await, 5);
}

/// All or none: what passes is counted everywhere.
pub async fn an_admission_counts_in_every_budget(given: LimitsHarness) {
    let (first, last) = (budget("first", 5), budget("last", 2));
    given.admitted(&[first.clone(), last.clone()]).await;
    assert_eq!(given.remaining(&first).await, 4);
    assert_eq!(given.remaining(&last).await, 1);
}

/// The one with the fewest left.
pub async fn an_admission_tells_of_the_tightest_budget(given: LimitsHarness) {
    let status = given.admitted(&[budget("wide", 100), budget("tight", 5), budget("middle", 10)]).await;
    assert_eq!((status.limit, status.remaining), (5, 4));
}

/// So that who waits as long is admitted.
pub async fn a_refusal_tells_of_the_longest_wait(given: LimitsHarness) {
    let (old, new, free) = (budget("old", 1), budget("new", 2), budget("free", 9));
    given.admitted(std::slice::from_ref(&old)).await;
    (given.advance)(TimeDelta::minutes(10)).await;
    given.admitted(std::slice::from_ref(&new)).await;
    given.admitted(std::slice::from_ref(&new)).await;
    given.admitted(std::slice::from_ref(&free)).await;
    let all = [old, new, free];
    let status = given.refused(&all).await;
    assert_eq!(status.limit, 2);
    assert_about(status.reset, WINDOW);
    (given.advance)(status.reset).await;
    given.admitted(&all).await;
}

/// However often somebody looks.
pub async fn peeking_counts_nothing(given: LimitsHarness) {
    let budget = [budget("ada", 2)];
    for _ in 0..5 {
        let status = given.rate_limits.peek(&budget).await.unwrap();
        assert_eq!(status, LimitStatus { limit: 2, remaining: 2, reset: TimeDelta::zero() });
    }
    given.admitted(&budget).await;
    for _ in 0..5 {
        assert_eq!(given.rate_limits.peek(&budget).await.unwrap().remaining, 1);
    }
    given.admitted(&budget).await;
}

/// The one that bites first.
pub async fn peeking_tells_of_the_tightest_budget(given: LimitsHarness) {
    let (wide, tight) = (budget("wide", 100), budget("tight", 2));
    given.admitted(std::slice::from_ref(&tight)).await;
    let status = given.rate_limits.peek(&[wide, tight]).await.unwrap();
    assert_eq!((status.limit, status.remaining), (2, 1));
    assert_about(status.reset, WINDOW);
}

/// One request, the latest: the wait goes by the others.
pub async fn the_latest_is_taken_back(given: LimitsHarness) {
    let budget = [budget("ada", 2)];
    given.admitted(&budget).await;
    (given.advance)(TimeDelta::minutes(10)).await;
    given.admitted(&budget).await;
    given.take_back(&[TakeBack::Latest(key("ada"))]).await;
    let status = given.rate_limits.peek(&budget).await.unwrap();
    assert_eq!(status.remaining, 1);
    assert_about(status.reset, TimeDelta::minutes(5));
    given.admitted(&budget).await;
    given.refused(&budget).await;
}

/// Nobody gains a request by it.
pub async fn taking_nothing_back_is_nothing(given: LimitsHarness) {
    given.take_back(&[TakeBack::Latest(key("ada"))]).await;
    given.take_back(&[TakeBack::All(key("ada"))]).await;
    given.admitted(&[budget("ada", 1)]).await;
    given.refused(&[budget("ada", 1)]).await;
}

/// All of its requests, and nobody else's.
pub async fn all_of_one_key_are_taken_back(given: LimitsHarness) {
    let (ada, bob) = ([budget("ada", 2)], [budget("bob", 1)]);
    given.admitted(&ada).await;
    given.admitted(&ada).await;
    given.admitted(&bob).await;
    given.take_back(&[TakeBack::All(key("ada"))]).await;
    assert_eq!(given.remaining(&ada[0]).await, 2);
    given.refused(&bob).await;
    given.admitted(&ada).await;
    given.admitted(&ada).await;
    given.refused(&ada).await;
}

/// Of each what is said, and of nobody else.
pub async fn several_keys_are_taken_back_at_once(given: LimitsHarness) {
    let [ada, bob, eve] = ["ada", "bob", "eve"].map(|who| budget(who, 3));
    for _ in 0..2 {
        given.admitted(&[ada.clone(), bob.clone(), eve.clone()]).await;
    }
    given.take_back(&[TakeBack::All(key("ada")), TakeBack::Latest(key("bob"))]).await;
    for (budget, remaining) in [(&ada, 3), (&bob, 2), (&eve, 1)] {
        assert_eq!(given.remaining(budget).await, remaining, "{:?}", budget.key);
    }
}

/// 64 at once, 10 may pass: 10 do.
pub async fn many_at_once_are_admitted_exactly(given: LimitsHarness) {
    let limits = &given.rate_limits;
    let results = race(64, |_| {
        let limits = limits.clone();
        async move { limits.acquire(&[budget("ada", 10)]).await.unwrap() }
    })
    .await;
    let admitted = results.iter().filter(|result| matches!(result, Admission::Admitted(_))).count();
    assert_eq!(admitted, 10);
}

/// 64 at once, half of them naming the budgets the other way round: none is counted in one alone.
pub async fn many_at_once_over_two_budgets_are_counted_in_both_or_none(given: LimitsHarness) {
    let limits = &given.rate_limits;
    let results = race(64, |number| {
        let limits = limits.clone();
        let mut budgets = [budget("tight", 10), budget("wide", 40)];
        if number % 2 == 0 {
            budgets.reverse();
        }
        async move { limits.acquire(&budgets).await.unwrap() }
    })
    .await;
    let admitted = results.iter().filter(|result| matches!(result, Admission::Admitted(_))).count();
    assert_eq!(admitted, 10);
    assert_eq!(given.remaining(&budget("wide", 40)).await, 30);
}

//! The scripts do what the domain's rules do: the same random calls at the same times have the same outcomes.

use crate::contract::{single, store};
use crate::{RedisCodes, RedisRateLimits, RedisStore};
use chrono::TimeDelta;
use evently_auth_clock::MovableClock;
use evently_auth_domain::account::UserId;
use evently_auth_domain::code::{CodeCheck, CodeMac, CodeSlot, StoredCode, TakenCode};
use evently_auth_domain::code_note::SealedNote;
use evently_auth_domain::limits::{Admission, Budget, Limit, LimitKey, LimitStatus, TakeBack, WhenAway};
use evently_auth_domain::ports::{Codes, RateLimits};
use evently_auth_memory::{MemoryCodes, MemoryRateLimits};
use std::sync::Arc;

const CALLS: u32 = 2_000;

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// In whole minutes, which the time that the test itself takes does not add up to.
fn advance(store: &RedisStore, clock: &MovableClock, numbers: &mut Numbers) {
    let minutes = TimeDelta::minutes(i64::try_from(numbers.below(4)).unwrap());
    store.advance(minutes.num_microseconds().unwrap());
    clock.advance(minutes);
}

/// Any bytes, and none for every third call.
fn note(call: u32) -> Option<SealedNote> {
    (!call.is_multiple_of(3)).then(|| SealedNote(call.to_be_bytes().to_vec()))
}

#[tokio::test]
async fn codes_follow_the_rule() {
    let (store, clock) = (store(&single()), MovableClock::default());
    let (redis, memory) = (RedisCodes::new(store.clone()), MemoryCodes::new(Arc::new(clock.clone())));
    let mut numbers = Numbers(1);
    let mut taken = Vec::new();
    for call in 0..CALLS {
        let slot = CodeSlot([u8::try_from(numbers.below(3)).unwrap(); 32]);
        let mac = CodeMac([u8::try_from(numbers.below(2)).unwrap(); 32]);
        match numbers.below(10) {
            0 => advance(&store, &clock, &mut numbers),
            1 | 2 => {
                let code =
                    (numbers.below(4) > 0).then(|| StoredCode { mac, subject: UserId(7), note: note(call) });
                redis.put(slot, code.clone()).await.unwrap();
                memory.put(slot, code).await.unwrap();
            }
            3 | 4 if !taken.is_empty() => {
                let index = usize::try_from(numbers.below(taken.len() as u64)).unwrap();
                let (slot, from_redis, from_memory): &(_, TakenCode, TakenCode) = &taken[index];
                redis.restore(*slot, from_redis.clone()).await.unwrap();
                memory.restore(*slot, from_memory.clone()).await.unwrap();
            }
            _ => match (redis.check(slot, mac).await.unwrap(), memory.check(slot, mac).await.unwrap()) {
                (CodeCheck::Accepted(a), CodeCheck::Accepted(b)) => {
                    assert_eq!(
                        (&a.code, a.attempts.map(|(made, _)| made)),
                        (&b.code, b.attempts.map(|(made, _)| made))
                    );
                    taken.push((slot, a, b));
                }
                (a, b) => assert_eq!(a, b, "call {call}"),
            },
        }
    }
    assert!(taken.len() > 50, "only {} codes were accepted", taken.len());
}

#[tokio::test]
async fn limits_follow_the_rule() {
    let (store, clock) = (store(&single()), MovableClock::default());
    let (redis, memory) =
        (RedisRateLimits::new(store.clone()), MemoryRateLimits::new(Arc::new(clock.clone())));
    let mut numbers = Numbers(2);
    let budget = |who: u64| Budget {
        key: LimitKey::new("rule", who, WhenAway::Refuse),
        limit: Limit {
            max: u32::try_from(who + 2).unwrap(),
            window: TimeDelta::minutes(i64::try_from(who * 5 + 3).unwrap()),
        },
    };
    // Of two budgets that bite alike either may be told: the clock of Redis never stands still between two requests.
    let same = |call: u32, budgets: &[Budget], a: LimitStatus, b: LimitStatus| {
        assert!(a.limit == b.limit || budgets.len() > 1, "call {call}: {a:?} {b:?}");
        assert_eq!(a.remaining, b.remaining, "call {call}");
        assert!((a.reset - b.reset).abs() < TimeDelta::seconds(30), "call {call}: {a:?} {b:?}");
    };
    let mut refused = 0;
    for call in 0..CALLS {
        let first = numbers.below(3);
        let budgets = [budget(first), budget((first + 1 + numbers.below(2)) % 3)];
        let budgets = &budgets[..1 + usize::try_from(numbers.below(2)).unwrap()];
        match numbers.below(10) {
            0..=2 => advance(&store, &clock, &mut numbers),
            3 => {
                let all = numbers.below(budgets.len() as u64 * 3);
                let taken = |(index, budget): (u64, &Budget)| match budget.key.clone() {
                    key if index == all => TakeBack::All(key),
                    key => TakeBack::Latest(key),
                };
                let taken: Vec<_> = (0..).zip(budgets).map(taken).collect();
                redis.take_back(&taken).await.unwrap();
                memory.take_back(&taken).await.unwrap();
            }
            4 | 5 => {
                same(call, budgets, redis.peek(budgets).await.unwrap(), memory.peek(budgets).await.unwrap());
            }
            _ => match (redis.acquire(budgets).await.unwrap(), memory.acquire(budgets).await.unwrap()) {
                (Admission::Admitted(a), Admission::Admitted(b)) => same(call, budgets, a, b),
                (Admission::Refused(a), Admission::Refused(b)) => {
                    refused += 1;
                    same(call, budgets, a, b);
                }
                (a, b) => panic!("call {call}: {a:?} {b:?}"),
            },
        }
    }
    assert!(refused > 100, "only {refused} requests were refused");
}

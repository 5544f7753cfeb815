//! A map that forgets: it holds what can still matter, and little more, however many keys come by.
//!
//! Each step may add one entry and forgets up to four whose time is over, so the cost of forgetting is spread evenly
//! and a flood of keys is gone soon after its time.

use evently_auth_domain::Timestamp;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::Hash;

/// Forgotten per step: more than one, so that the map shrinks while keys keep coming.
const FORGOTTEN_PER_STEP: usize = 4;

/// Entries by key, each with the time at which it may be forgotten.
pub(crate) struct Expiring<K, V> {
    entries: HashMap<K, (V, Timestamp)>,
    /// Exactly one per entry, by a time at which to look whether its end has come; the end itself may be later by then.
    looks: BinaryHeap<Reverse<(Timestamp, K)>>,
}

impl<K: Clone + Eq + Hash + Ord, V: Default> Expiring<K, V> {
    pub(crate) fn new() -> Self {
        Self { entries: HashMap::new(), looks: BinaryHeap::new() }
    }

    /// What is kept of `key`.
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key).map(|(value, _)| value)
    }

    /// The same, to be changed without living longer.
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.entries.get_mut(key).map(|(value, _)| value)
    }

    /// What is kept of `key` from now to `until` at least; forgets some of what is over at `now`.
    pub(crate) fn keep(&mut self, key: &K, now: Timestamp, until: Timestamp) -> &mut V {
        self.forget(now);
        let (value, end) = self.entries.entry(key.clone()).or_insert_with(|| {
            self.looks.push(Reverse((until, key.clone())));
            (V::default(), until)
        });
        *end = until.max(*end);
        value
    }

    fn forget(&mut self, now: Timestamp) {
        for _ in 0..FORGOTTEN_PER_STEP {
            let Some(look) = self.looks.peek_mut().filter(|look| look.0.0 <= now) else {
                return;
            };
            let Reverse((_, key)) = std::collections::binary_heap::PeekMut::pop(look);
            match self.entries.get(&key) {
                Some((_, end)) if *end > now => self.looks.push(Reverse((*end, key))),
                _ => {
                    self.entries.remove(&key);
                }
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        assert_eq!(self.entries.len(), self.looks.len());
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn a_flood_of_keys_is_forgotten() {
        let mut map = Expiring::<i64, ()>::new();
        for second in 0..100_000 {
            map.keep(&second, at(second), at(second + 100));
            assert!(map.len() <= 102, "{} at {second}", map.len());
        }
    }

    #[test]
    fn a_burst_is_gone_soon_after_its_time() {
        let mut map = Expiring::<i64, ()>::new();
        for key in 0..10_000 {
            map.keep(&key, at(0), at(100));
        }
        assert_eq!(map.len(), 10_000);
        for key in 0..3_400 {
            map.keep(&key, at(100), at(200));
        }
        assert!(map.len() <= 3_400, "{}", map.len());
    }

    #[test]
    fn what_is_kept_longer_stays() {
        let mut map = Expiring::<i64, u32>::new();
        *map.keep(&1, at(0), at(10)) = 7;
        map.keep(&1, at(5), at(20));
        map.keep(&2, at(19), at(40));
        assert_eq!(map.get(&1), Some(&7));
        map.keep(&2, at(20), at(40));
        assert_eq!(map.get(&1), None);
    }
}

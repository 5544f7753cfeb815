//! Who waits, and whose turn is next: a line for each client network, served one after another, and a bound on all of
//! them together. So whoever comes waits for one job of each other network at most, besides those of the own one.
//!
//! At the bound, a network has another one wait only if a network with more of them gives up its newest. It has to remain
//! the one with as many or more: nobody gives up a place for somebody who would have more, or just the same.

use evently_auth_domain::client::Network;
use std::collections::VecDeque;

/// Jobs that wait. What is asked for by nobody in particular has a line as if it were a network.
pub(super) struct Queue<J> {
    /// In the order of their turns; none is empty.
    lines: VecDeque<Line<J>>,
    capacity: usize,
}

struct Line<J> {
    network: Option<Network>,
    /// The oldest first.
    jobs: VecDeque<J>,
}

impl<J> Queue<J> {
    /// A queue in which `capacity` jobs can wait.
    pub(super) fn new(capacity: usize) -> Self {
        Self { lines: VecDeque::new(), capacity }
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.lines.iter().map(|line| line.jobs.len()).sum()
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn is_full(&self) -> bool {
        self.len() >= self.capacity
    }

    /// Whether another job of `network` may wait, be it for one of another network.
    pub(super) fn has_room(&self, network: Option<Network>) -> bool {
        let own = self.lines.iter().find(|line| line.network == network).map_or(0, |line| line.jobs.len());
        let most = self.lines.iter().map(|line| line.jobs.len()).max().unwrap_or(0);
        !self.is_full() || own + 1 < most
    }

    /// Has `job` wait, and returns the job that gave up its place, if one had to.
    ///
    /// # Errors
    /// `job` itself, when there is no room for it.
    pub(super) fn put(&mut self, network: Option<Network>, job: J) -> Result<Option<J>, J> {
        if !self.has_room(network) {
            return Err(job);
        }
        let gave_up = if self.is_full() { self.take_newest_of_longest() } else { None };
        match self.lines.iter_mut().find(|line| line.network == network) {
            Some(line) => line.jobs.push_back(job),
            None => self.lines.push_back(Line { network, jobs: VecDeque::from([job]) }),
        }
        Ok(gave_up)
    }

    /// The next job; the network that it is of comes last from now on.
    pub(super) fn take(&mut self) -> Option<J> {
        let mut line = self.lines.pop_front()?;
        let job = line.jobs.pop_front();
        if !line.jobs.is_empty() {
            self.lines.push_back(line);
        }
        job
    }

    /// Drops the jobs that are not worth keeping.
    pub(super) fn retain(&mut self, keep: impl Fn(&J) -> bool) {
        for line in &mut self.lines {
            line.jobs.retain(&keep);
        }
        self.lines.retain(|line| !line.jobs.is_empty());
    }

    /// Of several that are as long, the one whose turn comes last gives it up. It has two at least, so it does not end.
    fn take_newest_of_longest(&mut self) -> Option<J> {
        self.lines.iter_mut().max_by_key(|line| line.jobs.len())?.jobs.pop_back()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(n: u8) -> Option<Network> {
        Some(Network::of([192, 0, 2, n].into()))
    }

    /// A queue with so many of each of the networks 1, 2, 3, …, numbered from 10, 20, 30, …
    fn queue(capacity: usize, waiting: &[u8]) -> Queue<u8> {
        let mut queue = Queue::new(capacity);
        for (n, jobs) in (1..).zip(waiting) {
            for job in 0..*jobs {
                assert_eq!(queue.put(network(n), n * 10 + job), Ok(None));
            }
        }
        queue
    }

    fn drain(mut queue: Queue<u8>) -> Vec<u8> {
        std::iter::from_fn(|| queue.take()).collect()
    }

    #[test]
    fn networks_take_turns_and_each_is_served_in_order() {
        assert_eq!(drain(queue(9, &[4, 1, 2])), [10, 20, 30, 11, 31, 12, 13]);
    }

    #[test]
    fn whoever_was_served_comes_last() {
        let mut queue = queue(9, &[3, 1]);
        assert_eq!(queue.take(), Some(10));
        assert_eq!(queue.put(network(3), 30), Ok(None));
        assert_eq!(drain(queue), [20, 11, 30, 12]);
    }

    #[test]
    fn nobody_in_particular_has_a_line() {
        let mut queue = queue(9, &[2]);
        assert_eq!(queue.put(None, 90), Ok(None));
        assert_eq!(drain(queue), [10, 90, 11]);
    }

    #[test]
    fn a_network_that_floods_gives_its_newest_up() {
        let mut queue = queue(4, &[4]);
        assert!(!queue.has_room(network(1)) && queue.has_room(network(2)));
        assert_eq!(queue.put(network(1), 14), Err(14));
        assert_eq!(queue.put(network(2), 20), Ok(Some(13)));
        assert_eq!(queue.put(network(3), 30), Ok(Some(12)));
        // Now one has two and two have one: whoever came next would have no less than those who wait.
        for n in 1..=4 {
            assert!(!queue.has_room(network(n)) || n == 4);
        }
        assert_eq!(queue.put(network(2), 21), Err(21));
        assert_eq!(queue.put(network(4), 40), Ok(Some(11)));
        assert!((1..=5).all(|n| !queue.has_room(network(n))));
        assert_eq!(queue.put(network(5), 50), Err(50));
        assert_eq!(drain(queue), [10, 20, 30, 40]);
    }

    #[test]
    fn of_two_that_flood_the_one_whose_turn_is_later_gives_up() {
        let mut queue = queue(6, &[3, 3]);
        assert_eq!(queue.put(network(3), 30), Ok(Some(22)));
        assert_eq!(queue.put(network(3), 31), Ok(Some(12)));
        assert_eq!(queue.put(network(3), 32), Err(32));
        assert_eq!(drain(queue), [10, 20, 30, 11, 21, 31]);
    }

    #[test]
    fn what_is_not_kept_leaves_its_place() {
        let mut queue = queue(4, &[3, 1]);
        queue.retain(|job| ![11, 20].contains(job));
        assert_eq!((queue.len(), queue.lines.len()), (2, 1));
        assert_eq!(queue.put(network(2), 21), Ok(None));
        assert_eq!(drain(queue), [10, 21, 12]);
    }

    #[test]
    fn it_is_never_longer_than_its_bound_nor_loses_anybody() {
        // Whoever comes is served, turned away or waits, in every mixture of networks.
        let mut queue = Queue::new(5);
        let (mut served, mut turned_away, mut random) = (0, 0, 1_u32);
        for job in 0..10_000 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            turned_away += usize::from(queue.put(network((random >> 24) as u8 % 7), job) != Ok(None));
            assert!(queue.len() <= 5 && queue.lines.iter().all(|line| !line.jobs.is_empty()));
            served += usize::from(random >> 16 & 1 == 0 && queue.take().is_some());
        }
        assert_eq!(served + turned_away + queue.len(), 10_000);
    }
}

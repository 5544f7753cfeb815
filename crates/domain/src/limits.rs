//! Rate limits: a true sliding window, as a log of admitted requests.
//!
//! Refused requests are not counted, so the wait that an answer names is the true one.

use crate::Timestamp;
use chrono::TimeDelta;
use std::collections::VecDeque;
use std::fmt;

/// At most `max` requests in any `window`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Most requests; at least 1.
    pub max: u32,
    /// How far back they count.
    pub window: TimeDelta,
}

impl Limit {
    /// What an instance grants by itself while the shared counts are away: half, for the others grant as much.
    #[must_use]
    pub fn alone(self) -> Self {
        Self { max: (self.max / 2).max(1), ..self }
    }
}

/// What becomes of a limit while the counts that all instances share are away. No limit is ever left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WhenAway {
    /// The request fails: what it wants needs the same technology anyway.
    Refuse,
    /// Each instance counts for itself, by [`Limit::alone`].
    CountHere,
}

/// Whom and what a limit counts: `register:192.0.2.1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LimitKey {
    text: String,
    what: &'static str,
    when_away: WhenAway,
}

impl LimitKey {
    /// The key of `who` for `what`.
    pub fn new(what: &'static str, who: impl fmt::Display, when_away: WhenAway) -> Self {
        Self { text: format!("{what}:{who}"), what, when_away }
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Which limit it is, whoever is counted.
    pub fn what(&self) -> &'static str {
        self.what
    }

    /// What becomes of it while the shared counts are away.
    pub fn when_away(&self) -> WhenAway {
        self.when_away
    }
}

/// A limit for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// Who.
    pub key: LimitKey,
    /// How much.
    pub limit: Limit,
}

/// What is taken back of the requests of a key, which turned out not to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakeBack {
    /// The latest one.
    Latest(LimitKey),
    /// All of them.
    All(LimitKey),
}

impl TakeBack {
    /// Whose.
    pub fn key(&self) -> &LimitKey {
        match self {
            Self::Latest(key) | Self::All(key) => key,
        }
    }
}

/// Where somebody stands with a limit, after the request that asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitStatus {
    /// Most requests in the window.
    pub limit: u32,
    /// How many more would pass now.
    pub remaining: u32,
    /// How long until one more would pass than now; zero while nothing is counted.
    pub reset: TimeDelta,
}

impl LimitStatus {
    /// The one that bites first: fewer remaining, then the longer wait.
    #[must_use]
    pub fn tighter(self, other: Self) -> Self {
        let rank = |status: Self| (status.remaining, -status.reset);
        if rank(other) < rank(self) { other } else { self }
    }

    /// The wait in whole seconds, rounded up, so that a client that waits is admitted.
    pub fn reset_seconds(&self) -> u64 {
        let micros = self.reset.num_microseconds().unwrap_or(i64::MAX).max(0);
        u64::try_from(micros).unwrap_or_default().div_ceil(1_000_000)
    }
}

/// Whether a request may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It may, and was counted in every budget; the status is the tightest.
    Admitted(LimitStatus),
    /// It may not, and was counted in none; the status is that of the longest wait.
    Refused(LimitStatus),
}

/// The log of one key, as a value: the rule that every adapter of `RateLimits` keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SlidingLog(VecDeque<Timestamp>);

impl SlidingLog {
    /// Where the key stands at `now`. A request counts for exactly `window`: at its end it counts no more.
    pub fn status(&self, limit: Limit, now: Timestamp) -> LimitStatus {
        let spent = self.0.iter().take_while(|at| **at + limit.window <= now).count();
        let counted = self.0.len() - spent;
        let used = u32::try_from(counted).unwrap_or(u32::MAX);
        // The entry whose leaving admits one more than now: the oldest, or a later one when the limit was lowered.
        let leaving = spent + counted.saturating_sub(limit.max as usize);
        let reset = self.0.get(leaving).map_or(TimeDelta::zero(), |at| *at + limit.window - now);
        LimitStatus { limit: limit.max, remaining: limit.max.saturating_sub(used), reset }
    }

    /// Counts a request at `now` and forgets what counts no more.
    pub fn push(&mut self, limit: Limit, now: Timestamp) {
        while self.0.front().is_some_and(|at| *at + limit.window <= now) {
            self.0.pop_front();
        }
        self.0.push_back(now);
    }

    /// Takes back the latest request.
    pub fn pop(&mut self) {
        self.0.pop_back();
    }

    /// Whether nothing in it can count at `now` any more.
    pub fn is_spent(&self, window: TimeDelta, now: Timestamp) -> bool {
        self.0.back().is_none_or(|at| *at + window <= now)
    }
}

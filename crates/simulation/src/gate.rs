//! The gate before and behind every port call: where tasks take turns, and where things go wrong.
//!
//! At each gate the scheduler may go on with another task; by the seed's decision the call fails before its effect, or
//! after it (a lost answer), or the instance dies there with everything that it was doing.

use crate::random::Random;
use crate::trace::{Event, Line, Trace};
use evently_auth_clock::MovableClock;
use evently_auth_domain::Timestamp;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::Clock;
use std::future::{pending, poll_fn};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

/// How many instances serve requests.
pub(crate) const INSTANCES: u32 = 2;

/// How often things go wrong, in thousandths; chosen once for each schedule.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rates {
    /// A port call fails, loses its answer, or kills its instance.
    pub(crate) faults: usize,
    /// The client goes away, at a poll of its request.
    pub(crate) hang_ups: usize,
    /// The clock jumps, at a step.
    pub(crate) jumps: usize,
    /// The task of the last step goes on, rather than any.
    pub(crate) stickiness: usize,
}

/// A moment as the whole simulation sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) step: u64,
    pub(crate) clock: Timestamp,
    /// The latest time that the clock ever showed: it never goes back.
    pub(crate) high: Timestamp,
}

/// What befell the port calls of one request.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Faults {
    /// Something other than the limits, for which there is a fallback, failed or lost its answer.
    pub(crate) store: bool,
}

/// Where the tasks of a schedule meet; a clone is another handle.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Mutex<State>>);

pub(crate) struct State {
    pub(crate) random: Random,
    pub(crate) trace: Trace,
    pub(crate) rates: Rates,
    /// While `false`, calls are made at once and nothing goes wrong.
    pub(crate) is_open: bool,
    pub(crate) step: u64,
    pub(crate) clock: MovableClock,
    pub(crate) high: Timestamp,
    /// How far the clock has gone back altogether.
    pub(crate) back: chrono::TimeDelta,
    /// The request that is polled, with its instance.
    current: (u32, usize),
    /// How often each instance has died.
    lives: [u64; INSTANCES as usize],
    faults: Vec<Faults>,
    /// Whether the shared limits ever failed.
    pub(crate) limits_failed: bool,
    pub(crate) counts: Counts,
}

/// What happened how often, over one or many schedules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Polls of tasks.
    pub steps: u64,
    /// Requests, and runs of the workers' loops.
    pub requests: u64,
    /// Calls of ports.
    pub port_calls: u64,
    /// Calls that failed without effect.
    pub refused: u64,
    /// Calls that had their effect, and failed.
    pub answers_lost: u64,
    /// Instances that died.
    pub crashes: u64,
    /// Clients that went away.
    pub hang_ups: u64,
    /// Jumps of the clock.
    pub jumps: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.steps += other.steps;
        self.requests += other.requests;
        self.port_calls += other.port_calls;
        self.refused += other.refused;
        self.answers_lost += other.answers_lost;
        self.crashes += other.crashes;
        self.hang_ups += other.hang_ups;
        self.jumps += other.jumps;
    }
}

/// What becomes of one call.
enum Fate {
    Passes,
    Fails,
    LosesAnswer,
    DiesBefore,
    DiesAfter,
}

impl Gate {
    pub(crate) fn new(random: Random, clock: MovableClock, rates: Rates) -> Self {
        let high = clock.now();
        Self(Arc::new(Mutex::new(State {
            random,
            trace: Trace::default(),
            rates,
            is_open: false,
            step: 0,
            clock,
            high,
            back: chrono::TimeDelta::zero(),
            current: (0, 0),
            lives: [0; INSTANCES as usize],
            faults: vec![Faults::default()],
            limits_failed: false,
            counts: Counts::default(),
        })))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Moment {
        let state = self.state();
        Moment { step: state.step, clock: state.clock.now(), high: state.high }
    }

    pub(crate) fn note(&self, call: u32, event: Event) {
        let mut state = self.state();
        let step = state.step;
        state.trace.push(Line { step, call, event });
    }

    /// A number for a new request.
    pub(crate) fn number_call(&self) -> u32 {
        let mut state = self.state();
        state.counts.requests += 1;
        state.faults.push(Faults::default());
        u32::try_from(state.faults.len() - 1).unwrap_or(u32::MAX)
    }

    pub(crate) fn faults_of(&self, call: u32) -> Faults {
        self.state().faults[call as usize]
    }

    pub(crate) fn life_of(&self, instance: usize) -> u64 {
        self.state().lives[instance]
    }

    /// From now on gates belong to this request, until the next word.
    pub(crate) fn enter(&self, call: u32, instance: usize) {
        self.state().current = (call, instance);
    }

    /// Lets others go on.
    pub(crate) async fn step(&self) {
        let mut waited = !self.state().is_open;
        poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    /// A call of a port that may go wrong in every way.
    pub(crate) async fn pass<T>(
        &self,
        port: &'static str,
        effect: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.step().await;
        let fate = self.decide(port);
        match fate {
            Fate::Fails => return Err(away(port)),
            Fate::DiesBefore => return pending().await,
            Fate::Passes | Fate::LosesAnswer | Fate::DiesAfter => {}
        }
        let done = effect.await;
        match fate {
            Fate::LosesAnswer => return Err(away(port)),
            Fate::DiesAfter => return pending().await,
            Fate::Passes | Fate::Fails | Fate::DiesBefore => {}
        }
        self.step().await;
        done
    }

    fn decide(&self, port: &'static str) -> Fate {
        let mut state = self.state();
        let (call, instance) = state.current;
        state.counts.port_calls += 1;
        let step = state.step;
        let wrong = state.is_open && {
            let rate = state.rates.faults;
            rate > 0 && state.random.chance(rate)
        };
        let which = if wrong { state.random.below(10) } else { 10 };
        let (fate, event) = match which {
            0..4 => (Fate::Fails, Event::Refused(port)),
            4..8 => (Fate::LosesAnswer, Event::AnswerLost(port)),
            8 => (Fate::DiesBefore, Event::Crash(port, "before")),
            9 => (Fate::DiesAfter, Event::Crash(port, "after")),
            _ => (Fate::Passes, Event::Port(port)),
        };
        match fate {
            Fate::Passes => {}
            Fate::Fails => state.counts.refused += 1,
            Fate::LosesAnswer => state.counts.answers_lost += 1,
            Fate::DiesBefore | Fate::DiesAfter => {
                state.counts.crashes += 1;
                state.lives[instance] += 1;
            }
        }
        if wrong {
            if port.starts_with("limits.") {
                state.limits_failed = true;
            } else {
                state.faults[call as usize] = Faults { store: true };
            }
        }
        state.trace.push(Line { step, call, event });
        fate
    }
}

fn away(port: &'static str) -> StoreError {
    StoreError::unavailable(format!("{port}: the schedule asked for it"))
}

//! One thread, any order: each step polls a task that the seed picks, and between steps the clock may jump.

use crate::gate::Gate;
use crate::trace::{Event, Line};
use chrono::TimeDelta;
use evently_auth_domain::ports::Clock;
use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Waker};

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Steps after which a schedule counts as one that never ends.
const MOST_STEPS: u64 = 20_000;

/// Takes in tasks while others run.
#[derive(Clone, Default)]
pub(crate) struct Spawner(Rc<RefCell<Vec<Task>>>);

impl Spawner {
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.0.borrow_mut().push(Box::pin(task));
    }

    /// Drops what was taken in and never run.
    pub(crate) fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    /// Runs until every task is done or `is_over`; says whether it came to an end.
    pub(crate) fn run(&self, gate: &Gate, is_over: impl Fn() -> bool) -> bool {
        let mut tasks: Vec<Task> = Vec::new();
        let mut last = 0;
        let mut context = Context::from_waker(Waker::noop());
        loop {
            tasks.append(&mut self.0.borrow_mut());
            if tasks.is_empty() || is_over() {
                return true;
            }
            let mut state = gate.state();
            state.step += 1;
            state.counts.steps += 1;
            if state.step > MOST_STEPS {
                return false;
            }
            jump(&mut state);
            let stays = state.rates.stickiness;
            if last >= tasks.len() || !state.random.chance(stays) {
                last = state.random.below(tasks.len());
            }
            drop(state);
            if tasks[last].as_mut().poll(&mut context).is_ready() {
                drop(tasks.swap_remove(last));
            }
        }
    }
}

/// Seconds mostly; now and then past the end of whatever ends by itself; sometimes a little back.
fn jump(state: &mut crate::gate::State) {
    let rate = state.rates.jumps;
    if rate == 0 || !state.random.chance(rate) {
        return;
    }
    let seconds = match state.random.below(100) {
        0..45 => 1 + state.random.below(15),
        45..70 => 20 + state.random.below(300),
        70..80 => 660,
        80..87 => 1_900,
        87..90 => 25 * 3_600,
        90..92 => 8 * 24 * 3_600,
        _ => {
            let back = 1 + state.random.below(20);
            let back = i64::try_from(back).unwrap_or_default();
            state.back += TimeDelta::seconds(back);
            return move_clock(state, -back);
        }
    };
    move_clock(state, i64::try_from(seconds).unwrap_or_default());
}

fn move_clock(state: &mut crate::gate::State, seconds: i64) {
    state.clock.advance(TimeDelta::seconds(seconds));
    state.high = state.high.max(state.clock.now());
    state.counts.jumps += 1;
    let line = Line { step: state.step, call: 0, event: Event::Jump(seconds) };
    state.trace.push(line);
}

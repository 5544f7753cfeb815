//! The rules under seeded schedules: every use case over adapters in memory, by several people at once, while port calls
//! fail or lose their answers, instances die, clients hang up, tasks overtake each other and the clock jumps.
//!
//! A schedule is a number: [`run`] with the same seed does the same, step by step. An oracle that knows nothing but the
//! answers that clients got, and in the end the stores, says when a promise was broken; what it holds is listed in
//! `docs/reliability.md`. [`Bug`]s are mistakes to plant, which show that it can find any.
//!
//! For tests alone: nobody ships it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a schedule that cannot go on has to say so loudly"
)]

mod actions;
mod bugs;
mod call;
mod executor;
mod fixtures;
mod gate;
mod oracle;
mod people;
mod ports;
mod random;
mod trace;
mod world;

pub use bugs::Bug;
pub use gate::Counts;
pub use trace::{Event, Line};

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use world::World;

/// A schedule in which every promise was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Of everything that happened: the same for the same seed.
    pub digest: u64,
    /// What happened how often.
    pub counts: Counts,
    /// How often each request was answered in which way.
    pub answers: BTreeMap<(&'static str, &'static str), u64>,
}

/// A schedule in which a promise was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Repeats it.
    pub seed: u64,
    /// The promise.
    pub message: String,
    /// What led there.
    pub trace: Vec<Line>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, message, trace } = self;
        for line in trace {
            writeln!(f, "{line}")?;
        }
        writeln!(f, "seed {seed}: {message}")?;
        write!(f, "again: cargo xtask simulate --seed {seed}")
    }
}

/// Runs the schedule of `seed`; with a `bug` planted, if one is given.
///
/// # Errors
/// The first promise that was broken, with everything that led there.
pub fn run(seed: u64, bug: Option<Bug>) -> Result<Report, Failure> {
    let world = World::new(seed, bug);
    people::send_off(&world);
    world.gate.state().is_open = true;
    let is_over = || world.oracle.borrow().violation.is_some();
    let ended = world.spawner.run(&world.gate, is_over);
    world.gate.state().is_open = false;
    if !ended {
        world.oracle.borrow_mut().fails("the schedule does not come to an end");
    }
    if !is_over() {
        world.settle();
    }
    let report = conclude(&world, seed);
    // Tasks hold the world that holds them.
    world.spawner.clear();
    report
}

fn conclude(world: &Rc<World>, seed: u64) -> Result<Report, Failure> {
    let state = world.gate.state();
    if let Some(message) = world.oracle.borrow().violation.clone() {
        return Err(Failure { seed, message, trace: state.trace.lines().to_vec() });
    }
    let mut answers = BTreeMap::new();
    for line in state.trace.lines() {
        if let Event::Answered(what, how) = line.event {
            *answers.entry((what, how)).or_default() += 1;
        }
    }
    Ok(Report { digest: state.trace.digest(), counts: state.counts, answers })
}

//! The simulation: its tests as a step of `cargo xtask test`, and as many schedules as one has time for.
//!
//! Both are built with a profile of their own, for schedules are all computation.

use crate::cargo;

/// Runs the schedules of the seeds from `seed` on, on every core; the first that breaks a promise is printed with its
/// trace.
pub(crate) fn run(schedules: u64, seed: u64) -> anyhow::Result<()> {
    let line = format!("run --profile simulation --quiet --package {PACKAGE} -- {schedules} {seed}");
    cargo::run(&mut cargo::command(&line))
}

/// Runs its tests: a hundred thousand schedules, and the planted bugs.
pub(crate) fn tests() -> anyhow::Result<()> {
    let line = if cargo::has("nextest") {
        format!("nextest run --cargo-profile simulation --package {PACKAGE}")
    } else {
        format!("test --profile simulation --quiet --tests --package {PACKAGE}")
    };
    cargo::run(&mut cargo::command(&line))
}

pub(crate) const PACKAGE: &str = "evently-auth-simulation";

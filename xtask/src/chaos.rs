//! The long form of the chaos test: the same test for as many minutes as wanted, with a seed of its own.

use std::process::ExitCode;

use uuid::Uuid;

use crate::cargo;

const TEST: &str = "chaos::a_minute_of_chaos_loses_nothing_and_grants_nothing";

/// `cargo xtask chaos`: prints the seed first, and the figures at the end. A failure prints the faults and what was
/// violated.
pub(crate) fn run(minutes: u64, seed: Option<u64>) -> anyhow::Result<ExitCode> {
    let seed = seed.unwrap_or_else(|| u64::from(Uuid::new_v4().as_fields().0));
    eprintln!(
        "seed {seed}, {minutes} minutes; the same again: cargo xtask chaos --minutes {minutes} --seed {seed}"
    );
    // With cargo's own runner: nextest would end it after three minutes.
    let mut test = cargo::command("test --workspace --test e2e -- --nocapture --exact");
    test.arg(TEST).env("CHAOS_SECONDS", (minutes * 60).to_string()).env("CHAOS_SEED", seed.to_string());
    cargo::run_one_test(&mut test)?;
    Ok(ExitCode::SUCCESS)
}

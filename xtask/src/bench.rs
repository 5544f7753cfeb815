//! The benchmark: builds the programs and what measures them together, as released, and becomes the latter.
//!
//! One build, so the references run with the same flags and the same versions of what they share with the programs.

use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, bail};
use cargo_metadata::MetadataCommand;

use crate::{cargo, install};

/// The rows of the table; a test of crates/bench holds this list against its own.
pub(crate) const ROWS: [&str; 17] = [
    "me",
    "refresh",
    "refresh-trips",
    "login",
    "register",
    "throughput",
    "flood",
    "revocation",
    "mails",
    "many-login",
    "many-me",
    "many-refresh",
    "many-first-page",
    "many-deep-page",
    "memory",
    "start",
    "size",
];

/// What is measured, and where it goes.
#[derive(Debug, clap::Args)]
pub(crate) struct Bench {
    /// Only these rows
    #[arg(long, value_name = "ROW", num_args = 1.., value_parser = ROWS)]
    only: Vec<String>,
    /// Print the table as JSON
    #[arg(long)]
    json: bool,
    /// How many users "many users" are, each with five sessions
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..=10_000_000))]
    users: u64,
    /// Measure the plots too, and write table and plots into docs/performance.md and docs/performance
    #[arg(long)]
    document: bool,
    /// Build with this profile of Cargo instead; then the figures are worth nothing
    #[arg(long, default_value = "release", hide = true)]
    profile: String,
}

/// Returns only when it cannot begin: signals, output and exit code are those of what it becomes.
pub(crate) fn run(bench: &Bench) -> anyhow::Result<()> {
    install::run()?;
    install::wrk()?;
    let mut build =
        cargo::command("build --locked --package evently-auth-server --package evently-auth-bench --bins");
    cargo::run(build.args(["--profile", &bench.profile]))?;
    let metadata =
        MetadataCommand::new().current_dir(cargo::root()).no_deps().exec().context("cannot ask cargo")?;
    let folder = if bench.profile == "dev" { "debug" } else { &bench.profile };
    let mut command = Command::new(metadata.target_directory.join(folder).join("evently-auth-bench"));
    command.args(["--users", &bench.users.to_string()]);
    if bench.json {
        command.arg("--json");
    }
    if bench.document {
        command.arg("--document").arg(cargo::root());
    }
    if !bench.only.is_empty() {
        command.arg("--only").args(&bench.only);
    }
    bail!("cannot start the benchmark: {}", command.exec())
}

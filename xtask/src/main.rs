//! What a developer does by hand, as code: `cargo xtask <task>`, one file per task.

mod bench;
mod cargo;
mod chaos;
mod check_asvs;
mod check_deploy;
mod check_deps;
mod check_files;
mod fuzz;
mod generated;
mod install;
mod release;
mod services;
mod simulate;
mod test;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "What a developer does by hand, as code")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Every check and every test, in the order in which they fail fastest
    Test,
    /// Measure what the service costs, beside references in the same run; exits with 1 when a budget is missed
    Bench(bench::Bench),
    /// Run the rules under seeded schedules of faults, until one breaks a promise
    Simulate {
        /// How many; 1 with a seed, or 1000000
        #[arg(long)]
        schedules: Option<u64>,
        /// The seed of the first; the next have the next numbers
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Start throwaway PostgreSQL, Redis, Redis Cluster and mail server, until Ctrl-C or around a command
    Services {
        /// What to run beside them, told by environment variables where they are
        #[arg(last = true)]
        command: Vec<OsString>,
    },
    /// Hold docs/asvs.md against the standard's list of requirements and the tests that there are
    CheckAsvs,
    /// Use the service for minutes while its parts are killed and frozen, and look for what was lost or granted
    Chaos {
        /// How long there is trouble
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
        minutes: u64,
        /// What decides about the faults; made up unless given
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Hold the crates' dependencies against the dependency rule
    CheckDeps,
    /// Hold deploy/ against what the service really is
    CheckDeploy {
        /// Fail when a tool that checks a part of it is not installed
        #[arg(long)]
        all: bool,
    },
    /// Hold the source files against the house rules on length, markers and headers
    CheckFiles,
    /// Try the parsers of what others send with what libFuzzer makes up
    Fuzz {
        /// How long each target is tried
        #[arg(long, default_value_t = 60)]
        seconds: u32,
        /// Targets in fuzz/fuzz_targets; none for all of them
        targets: Vec<String>,
    },
    /// Write docs/openapi.json from the routes
    Openapi {
        /// Only say whether it is up to date
        #[arg(long)]
        check: bool,
    },
    /// Write the configuration table of README.md from the settings
    Readme {
        /// Only say whether it is up to date
        #[arg(long)]
        check: bool,
    },
    /// Make a release in dist/: both programs, their bill of materials and checksums
    Release {
        /// Build the commit once more in another folder, and compare
        #[arg(long)]
        twice: bool,
    },
}

fn main() -> ExitCode {
    run(&Cli::parse().task).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(task: &Task) -> anyhow::Result<ExitCode> {
    match task {
        Task::Test => return test::run(),
        Task::Services { command } => return services::run(command),
        Task::Simulate { schedules, seed } => {
            let most = if seed.is_some() { 1 } else { 1_000_000 };
            simulate::run(schedules.unwrap_or(most), seed.unwrap_or(0))?;
        }
        Task::Bench(bench) => bench::run(bench)?,
        Task::CheckAsvs => test::check_asvs()?,
        Task::Chaos { minutes, seed } => return chaos::run(*minutes, *seed),
        Task::CheckDeps => check_deps::run()?,
        Task::CheckDeploy { all } => check_deploy::run(*all)?,
        Task::CheckFiles => check_files::run()?,
        Task::Fuzz { seconds, targets } => fuzz::long(targets, *seconds)?,
        Task::Release { twice } => release::run(*twice)?,
        Task::Openapi { check } => generated::OPENAPI.run(*check)?,
        Task::Readme { check } => generated::README.run(*check)?,
    }
    Ok(ExitCode::SUCCESS)
}

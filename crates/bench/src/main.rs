//! What the service costs: every figure of `docs/performance.md`, beside its reference, in one run on one machine.
//!
//! It knows the programs from outside alone: HTTP, environment, the tables of PostgreSQL, `/proc`. Everything that it starts
//! is its own, listens on this machine alone, and ends with it. `cargo xtask bench` builds and starts it.

mod api;
mod cpu;
mod curves;
mod document;
mod hash;
mod load;
mod machine;
mod plot;
mod process;
mod progress;
mod relay;
mod rows;
mod seed;
mod site;
mod stats;
mod table;
mod work;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use crate::machine::Machine;
use crate::progress::Progress;
use crate::table::{Line, Measured, Table};
use crate::work::Work;
use crate::world::World;

/// Measures what the service costs.
///
/// Exits with 0 when every budget is kept, and with 1 when one is not or could not be measured.
#[derive(Debug, Parser)]
struct Cli {
    /// Only these rows
    #[arg(long, value_name = "ROW", num_args = 1.., value_enum)]
    only: Vec<Work>,
    /// Print the table as JSON
    #[arg(long)]
    json: bool,
    /// How many users "many users" are
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..=10_000_000))]
    users: u64,
    /// The root of the workspace, whose docs/performance.md gets the table and the plots, which are measured too
    #[arg(long, value_name = "FOLDER")]
    document: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    // Whoever is dropped ends what it started.
    let ended = tokio::select! {
        ended = run(&cli) => ended,
        code = interrupted() => return code,
    };
    ended.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

async fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    let machine = Machine::look();
    let works = if cli.only.is_empty() { Work::value_variants() } else { &cli.only };
    let programs = std::env::current_exe().context("cannot find the programs")?;
    let programs = programs.parent().context("cannot find the programs")?.to_owned();
    let progress = Progress::new(works.len() + usize::from(cli.document.is_some()));
    let world = World::start(programs, cli.users, progress).await?;
    let mut lines = Vec::new();
    for work in works {
        world.progress.row(&work.name());
        let measured = rows::measure(*work, &world).await.unwrap_or_else(|error| Measured::failed(&error));
        let line = Line::new(*work, measured);
        world.progress.row_done(&line.summary());
        lines.push(line);
    }
    let table = Table::new(machine, cli.users, lines);
    if let Some(root) = &cli.document {
        world.progress.row("plots");
        let plots = curves::measure(&world).await.context("plots")?;
        document::write(root, &table.markdown(), &plots)?;
    }
    world.progress.clear();
    if cli.json {
        println!("{}", table.json()?);
    } else {
        print!("{}", table.text());
    }
    Ok(if table.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns when we are asked to stop, with the code of a program that was.
async fn interrupted() -> ExitCode {
    let Ok(mut terminated) = signal(SignalKind::terminate()) else { return ExitCode::FAILURE };
    let code: u8 = tokio::select! {
        _ = tokio::signal::ctrl_c() => 128 + 2,
        _ = terminated.recv() => 128 + 15,
    };
    ExitCode::from(code)
}

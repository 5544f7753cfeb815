//! The one test command: checks first, cheap before dear, the tests last. It stops at the first step that fails, and
//! prints nothing after the test runner's summary.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::anyhow;

use crate::{
    cargo, check_asvs, check_deploy, check_deps, check_files, fuzz, generated, install, services, simulate,
};

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    for (title, remedy, work) in STEPS {
        heading(title);
        let start = Instant::now();
        work().map_err(|error| anyhow!("{title}: {error:#}; {remedy}"))?;
        eprintln!("   ok after {:.1} s", start.elapsed().as_secs_f64());
    }
    tests()
}

/// What it is called, what to do when it fails, and the work.
type Step = (&'static str, &'static str, fn() -> anyhow::Result<()>);

const STEPS: &[Step] = &[
    ("format", "run `cargo fmt --all`", format),
    (
        "dependency rule",
        "move the code, or argue for a new row in xtask/src/check_deps/rules.rs",
        check_deps::run,
    ),
    ("house rules", "shorten or repair the files named above", check_files::run),
    ("servers for tests", "install what is named", install::run),
    ("clippy", "repair what is named above; `cargo clippy --fix` does some of it", clippy),
    ("documentation", "repair the comments named above", documentation),
    ("licences, bans, sources", "see deny.toml, where each rule has its reason", deny),
    ("deployment", "repair what is named above, in deploy/ or docs/operations.md", || {
        check_deploy::run(false)
    }),
    ("generated documents", "run `cargo xtask openapi` and `cargo xtask readme`", generated::check_all),
    ("simulation", "repeat the seed that is named above with `cargo xtask simulate`", simulate::tests),
    ("fuzzing", "mend what the input shows, and keep the input in fuzz/seeds", fuzz::short),
    ("examples in comments", "repair the examples named above", examples),
    ("security requirements", "repair the rows named above, in docs/asvs.md", check_asvs),
];

/// Builds the tests, which the next step would build anyway, to ask them for their names.
pub(crate) fn check_asvs() -> anyhow::Result<()> {
    let steps: Vec<&str> = STEPS.iter().map(|(title, ..)| *title).collect();
    check_asvs::run(&steps)
}

fn format() -> anyhow::Result<()> {
    cargo::run(&mut cargo::command("fmt --all --check"))?;
    cargo::run(&mut cargo::command("fmt --manifest-path fuzz/Cargo.toml --check"))
}

fn clippy() -> anyhow::Result<()> {
    cargo::run(&mut cargo::command("clippy --workspace --all-targets --quiet -- -D warnings"))
}

fn documentation() -> anyhow::Result<()> {
    let mut doc = cargo::command("doc --workspace --no-deps --quiet");
    cargo::run(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

fn deny() -> anyhow::Result<()> {
    if !cargo::has("deny") {
        return cargo::left_out("deny");
    }
    cargo::run(&mut cargo::command("deny check bans licenses sources"))
}

fn examples() -> anyhow::Result<()> {
    cargo::run(&mut cargo::command("test --workspace --doc --quiet"))
}

/// Around the runner PostgreSQL, Redis and a Redis Cluster run; those that `TEST_DATABASE_URL`, `TEST_REDIS_URL` or
/// `TEST_REDIS_CLUSTER_NODES` name are used as they are. The runner's summary ends the output, and its exit code is
/// ours.
fn tests() -> anyhow::Result<ExitCode> {
    heading("tests");
    // The simulation's ran as a step of their own.
    let all = format!("--workspace --exclude {}", simulate::PACKAGE);
    let runner = if cargo::has("nextest") {
        cargo::command(&format!("nextest run {all}"))
    } else {
        eprintln!("   with cargo's own runner; `cargo install --locked cargo-nextest` gives a faster one");
        cargo::command(&format!("test {all} --lib --bins --tests --no-fail-fast"))
    };
    services::around(runner)
}

fn heading(title: &str) {
    eprintln!("\n== {title}");
}

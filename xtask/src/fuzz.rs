//! Fuzzing of the parsers of what others send, by cargo-fuzz: what `fuzz/seeds` holds first, then what libFuzzer makes of it.
//! An input that breaks a promise ends the run, and is named with the command that tries it again.

use std::fs;
use std::process::Command;

use anyhow::{Context, ensure};

use crate::cargo;

/// Seconds that a target gets in `cargo xtask test`: enough for the seeds and their neighbours.
const SHORT_SECONDS: u32 = 4;

/// How an input is tried.
#[derive(Clone, Copy)]
enum Build {
    /// Quickly built, for a short run.
    Plain,
    /// Optimised, with the address sanitizer.
    Sanitized,
}

/// A step of `cargo xtask test`.
pub(crate) fn short() -> anyhow::Result<()> {
    if !cargo::has("fuzz") {
        return cargo::left_out("fuzz");
    }
    fuzz(&[], SHORT_SECONDS, Build::Plain)
}

/// `cargo xtask fuzz [--seconds N] [TARGET…]`: the long form.
pub(crate) fn long(targets: &[String], seconds: u32) -> anyhow::Result<()> {
    ensure!(cargo::has("fuzz"), "`cargo install --locked cargo-fuzz` installs what is missing");
    fuzz(targets, seconds, Build::Sanitized)
}

fn fuzz(chosen: &[String], seconds: u32, build: Build) -> anyhow::Result<()> {
    let all = targets()?;
    let targets = if chosen.is_empty() { &all } else { chosen };
    for target in targets {
        ensure!(all.contains(target), "no target {target:?}: there are {}", all.join(", "));
    }
    cargo::run(&mut cargo_fuzz("build", build))?;
    for target in targets {
        let folder = cargo::root().join("fuzz");
        // What libFuzzer finds worth keeping stays here for the next run; seeds are only read.
        let corpus = folder.join("corpus").join(target);
        fs::create_dir_all(&corpus).with_context(|| format!("cannot make {}", corpus.display()))?;
        let mut run = cargo_fuzz("run", build);
        run.arg(target).arg(corpus).arg(folder.join("seeds").join(target)).args([
            "--".to_owned(),
            format!("-max_total_time={seconds}"),
            "-timeout=10".to_owned(),
            "-rss_limit_mb=2048".to_owned(),
            // The web framework keeps the names of path parameters for ever, once for each application.
            "-detect_leaks=0".to_owned(),
        ]);
        let output = run.env("ASAN_OPTIONS", "detect_leaks=0").output().context("cannot start cargo-fuzz")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{target}: an input broke a promise\n{}", tail(&said));
        let runs = runs(&said).with_context(|| format!("{target}: no input was tried\n{}", tail(&said)))?;
        eprintln!("   {target}: {runs} inputs");
    }
    Ok(())
}

/// The targets, by the files that they are.
fn targets() -> anyhow::Result<Vec<String>> {
    let folder = cargo::root().join("fuzz/fuzz_targets");
    let names = fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut targets = Vec::new();
    for name in names {
        let path = name?.path();
        targets.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    targets.sort();
    Ok(targets)
}

/// cargo-fuzz instruments with options of a compiler that is not stable; this one takes them when it is told to.
fn cargo_fuzz(task: &str, build: Build) -> Command {
    let mut command = cargo::command(&format!("fuzz {task} --fuzz-dir fuzz --target-dir target/fuzz"));
    command.env("RUSTC_BOOTSTRAP", "1");
    match build {
        Build::Plain => command.args(["--dev", "--sanitizer", "none"]),
        // Its default: optimised, and every overflow and assertion checked.
        Build::Sanitized => &mut command,
    };
    command
}

/// How many inputs libFuzzer says that it tried; nothing when it says so of none.
fn runs(said: &str) -> Option<u64> {
    let done = said.lines().rev().find_map(|line| line.strip_prefix("Done "))?;
    let runs = done.split_once(" runs ")?.0.parse().ok()?;
    (runs > 0).then_some(runs)
}

/// The end of what was said: the panic, the input and how to try it again.
fn tail(said: &str) -> String {
    let lines: Vec<_> = said.lines().collect();
    lines.get(lines.len().saturating_sub(40)..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_tried_nothing_is_no_success() {
        let said = "INFO: seed corpus\n#2\tINITED\nDone 4711 runs in 5 second(s)\n";
        assert_eq!(runs(said), Some(4_711));
        for nothing in ["", "INFO: seed corpus\n", "Done 0 runs in 0 second(s)\n"] {
            assert_eq!(runs(nothing), None, "{nothing:?}");
        }
    }
}

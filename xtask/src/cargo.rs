//! Cargo, called the way a developer would call it in the workspace root.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

/// The workspace root. Asked when run: a build may be older than the place where its sources lie now.
pub(crate) fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// `cargo LINE` in the workspace root, not started yet; a space ends an argument.
pub(crate) fn command(line: &str) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(line.split_whitespace()).current_dir(root());
    // `cargo run` describes this package in the environment. Some build scripts watch these variables, and would run
    // again each time xtask and the developer take turns.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs the command with its output shown; fails when it does.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("cannot start {command:?}"))?;
    ensure!(status.success(), "{} ended with {status}", shown(command));
    Ok(())
}

/// Whether `cargo NAME` is installed.
pub(crate) fn has(name: &str) -> bool {
    let mut asked = command(&format!("{name} --version"));
    asked.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Runs the one test that the command names, with its output shown. To cargo a name that no test has any more is a
/// success; here it is a failure.
pub(crate) fn run_one_test(command: &mut Command) -> anyhow::Result<()> {
    let started = command.stdout(Stdio::piped()).spawn();
    let mut test = started.with_context(|| format!("cannot start {command:?}"))?;
    let mut has_passed = false;
    for line in BufReader::new(test.stdout.take().context("a test without output")?).lines() {
        let line = line?;
        has_passed |= is_one_passed(&line);
        println!("{line}");
    }
    let status = test.wait()?;
    ensure!(status.success(), "{} ended with {status}", shown(command));
    ensure!(has_passed, "{} ran no test: none has this name", shown(command));
    Ok(())
}

fn is_one_passed(line: &str) -> bool {
    line.starts_with("test result: ok. 1 passed;")
}

/// For a step whose tool is not installed: it is left out, and says so; where `CHECK_ALL` is set, that is a failure.
pub(crate) fn left_out(tool: &str) -> anyhow::Result<()> {
    leave_out(tool, env::var_os("CHECK_ALL").is_some())
}

fn leave_out(tool: &str, is_failure: bool) -> anyhow::Result<()> {
    let why = format!("cargo-{tool} is not installed; `cargo install --locked cargo-{tool}` installs it");
    ensure!(!is_failure, why);
    eprintln!("   left out: {why}");
    Ok(())
}

fn shown(command: &Command) -> String {
    let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy()).collect();
    format!("`cargo {}`", args.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_is_gone_or_renamed_is_no_success() {
        let run = |test: &str| {
            let program = env::current_exe().unwrap();
            run_one_test(Command::new(program).args(["--exact", test]).stderr(Stdio::null()))
        };
        run("cargo::tests::another_test").unwrap();
        let gone = run("cargo::tests::no_test").unwrap_err().to_string();
        assert!(gone.contains("cargo::tests::no_test` ran no test"), "{gone}");
    }

    /// What the test above runs.
    #[test]
    fn another_test() {
        assert!(is_one_passed("test result: ok. 1 passed; 0 failed; 0 ignored"));
        assert!(!is_one_passed("test result: ok. 0 passed; 0 failed; 0 ignored"));
        assert!(!is_one_passed("test result: FAILED. 1 passed; 1 failed; 0 ignored"));
    }

    #[test]
    fn a_step_without_its_tool_is_a_failure_where_everything_is_checked() {
        assert!(leave_out("beauty", false).is_ok());
        let failure = leave_out("beauty", true).unwrap_err().to_string();
        assert!(failure.contains("`cargo install --locked cargo-beauty`"), "{failure}");
    }
}

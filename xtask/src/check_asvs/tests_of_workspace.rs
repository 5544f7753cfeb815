//! Which tests there are and run, asked of the test programs themselves, so that macros, modules and conditions count.
//! Named as `cargo nextest list` prints them: the program, a space, the path within it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use cargo_metadata::{Artifact, Message, MetadataCommand, PackageId, TargetKind};

use crate::cargo;

/// Builds the tests as the last step of `cargo xtask test` does, so nothing is built twice, and asks each program.
pub(super) fn list() -> anyhow::Result<BTreeSet<String>> {
    let metadata = MetadataCommand::new().current_dir(cargo::root()).no_deps().exec()?;
    let names: BTreeMap<PackageId, String> =
        metadata.packages.into_iter().map(|package| (package.id, package.name.to_string())).collect();
    let mut tests = BTreeSet::new();
    for artifact in built()? {
        let Some(executable) = artifact.executable.as_ref().filter(|_| artifact.profile.test) else {
            continue;
        };
        let package = names.get(&artifact.package_id).context("a test of no member of the workspace")?;
        let program = program(package, &artifact);
        let folder = artifact.manifest_path.parent().context("a package without a folder")?;
        let ask = |options: &[&str]| ask(executable.as_std_path(), folder.as_std_path(), options);
        tests.extend(running(&ask(&[])?, &ask(&["--ignored"])?).map(|test| format!("{program} {test}")));
    }
    ensure!(!tests.is_empty(), "no tests were found");
    Ok(tests)
}

fn built() -> anyhow::Result<Vec<Artifact>> {
    let mut build =
        cargo::command("test --workspace --lib --bins --tests --no-run --quiet --message-format=json");
    let mut build = build.stdout(Stdio::piped()).spawn().context("cannot start cargo")?;
    let output = build.stdout.take().context("cargo has no output")?;
    let mut artifacts = Vec::new();
    for message in Message::parse_stream(BufReader::new(output)) {
        match message? {
            Message::CompilerArtifact(artifact) => artifacts.push(artifact),
            Message::CompilerMessage(message) => eprintln!("{message}"),
            _ => {}
        }
    }
    ensure!(build.wait()?.success(), "the tests do not build");
    Ok(artifacts)
}

/// What nextest calls a test program.
fn program(package: &str, artifact: &Artifact) -> String {
    let target = &artifact.target;
    if target.kind.contains(&TargetKind::Bin) {
        format!("{package}::bin/{}", target.name)
    } else if target.kind.contains(&TargetKind::Test) {
        format!("{package}::{}", target.name)
    } else {
        package.to_owned()
    }
}

fn ask(program: &Path, folder: &Path, options: &[&str]) -> anyhow::Result<String> {
    let mut command = Command::new(program);
    command.args(["--list", "--format", "terse"]).args(options).current_dir(folder);
    let output = command.output().with_context(|| format!("cannot start {}", program.display()))?;
    ensure!(output.status.success(), "{} cannot list its tests", program.display());
    Ok(String::from_utf8(output.stdout)?)
}

/// The tests of `all` that are not `ignored`; a line is `path: test`.
fn running<'a>(all: &'a str, ignored: &'a str) -> impl Iterator<Item = &'a str> {
    let tests = |list: &'a str| list.lines().filter_map(|line| line.strip_suffix(": test"));
    let ignored: BTreeSet<&str> = tests(ignored).collect();
    tests(all).filter(move |test| !ignored.contains(test))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ignored_test_does_not_run() {
        let all = "a::b: test\na::c: test\nd: test\na::speed: benchmark\n";
        assert_eq!(running(all, "a::c: test\n").collect::<Vec<_>>(), ["a::b", "d"]);
    }

    #[test]
    fn this_program_lists_its_own() {
        let folder = cargo::root();
        let all = ask(&std::env::current_exe().unwrap(), &folder, &[]).unwrap();
        let own = "check_asvs::tests_of_workspace::tests::this_program_lists_its_own";
        assert!(running(&all, "").any(|test| test == own), "{all}");
    }
}

//! What other programs say about the files, where these programs are installed.

use crate::tree::Tree;
use std::ffi::OsStr;
use std::fs;
use std::process::{Command, Stdio};

/// Complaints of the tools, and the tools that are not installed, each with what it would have checked.
pub(crate) fn problems(tree: &Tree) -> (Vec<String>, Vec<String>) {
    let mut checks = Checks::default();
    let scratch = tempfile::tempdir().unwrap();

    // Its temporary files belong into a folder of ours.
    let config = scratch.path().join("nginx.conf");
    let text = tree.read("deploy/nginx.conf").replace("/tmp/", &format!("{}/", scratch.path().display()));
    fs::write(&config, text).unwrap();
    let nginx = Command::new("nginx");
    checks.run(
        nginx,
        ["-t".as_ref(), "-q".as_ref(), "-c".as_ref(), config.as_os_str()],
        "nginx-light",
        "deploy/nginx.conf",
    );

    let rules = tree.path("deploy/prometheus/prometheus.yaml");
    let args = ["check".as_ref(), "config".as_ref(), rules.as_os_str()];
    checks.run(Command::new("promtool"), args, "prometheus", "deploy/prometheus/prometheus.yaml");
    let tests = tree.path("deploy/prometheus/alerts.test.yaml");
    let args = ["test".as_ref(), "rules".as_ref(), tests.as_os_str()];
    checks.run(Command::new("promtool"), args, "prometheus", "deploy/prometheus/alerts.test.yaml");

    let compose = tree.path("deploy/compose.yaml");
    let args = ["-f".as_ref(), compose.as_os_str(), "config".as_ref(), "-q".as_ref()];
    checks.run(Command::new("docker-compose"), args, "docker-compose", "deploy/compose.yaml");

    for path in tree.list("deploy", ".sh") {
        let script = tree.path(&path);
        checks.run(Command::new("shellcheck"), ["-x".as_ref(), script.as_os_str()], "shellcheck", &path);
        let shell = if tree.read(&path).starts_with("#!/bin/sh") { "sh" } else { "bash" };
        checks.run(Command::new(shell), ["-n".as_ref(), script.as_os_str()], shell, &path);
    }
    (checks.complaints, checks.missing)
}

#[derive(Default)]
struct Checks {
    complaints: Vec<String>,
    missing: Vec<String>,
}

impl Checks {
    /// Runs `tool` of the Debian package `package` on the file `path`.
    fn run<'a>(
        &mut self,
        mut tool: Command,
        args: impl IntoIterator<Item = &'a OsStr>,
        package: &str,
        path: &str,
    ) {
        let name = tool.get_program().to_string_lossy().into_owned();
        match tool.args(args).stdin(Stdio::null()).output() {
            Ok(output) if output.status.success() => {}
            Ok(output) => {
                let said = [output.stdout, output.stderr].concat();
                let said = String::from_utf8_lossy(&said).trim().replace('\n', "\n    ");
                self.complaints.push(format!("{path}: {name}: {said}"));
            }
            Err(error) => self.missing.push(format!("{path} by {name} ({error}; Debian package {package})")),
        }
    }
}

//! The servers that tests need, and what the benchmark loads with: found, named by the environment, or installed where
//! we may.

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};
use evently_auth_services::{Error, postgres_programs, redis_programs};

/// What packages ask whether they may start something.
const POLICY: &str = "/usr/sbin/policy-rc.d";

pub(crate) fn run() -> anyhow::Result<()> {
    install(missing, "tests need servers that are")
}

/// What the benchmark loads with.
pub(crate) fn wrk() -> anyhow::Result<()> {
    let missing = || {
        let path = env::var_os("PATH").unwrap_or_default();
        let is_there = env::split_paths(&path).any(|folder| folder.join("wrk").is_file());
        Ok(if is_there { Vec::new() } else { vec!["wrk"] })
    };
    install(missing, "the benchmark needs a program that is")
}

/// Installs the packages that `missing` names.
fn install(missing: impl Fn() -> anyhow::Result<Vec<&'static str>>, need: &str) -> anyhow::Result<()> {
    let packages = missing()?.join(" ");
    if packages.is_empty() {
        return Ok(());
    }
    ensure!(
        nix::unistd::geteuid().is_root() && Path::new("/usr/bin/apt-get").exists(),
        "{need} not installed: `apt-get install {packages}` installs what is missing"
    );
    eprintln!("   installing {packages}");
    let _nothing_starts = NothingStarts::by(Path::new(POLICY))?;
    apt("update -qq")?;
    apt(&format!("install -y -qq --no-install-recommends {packages}"))?;
    let missing = missing()?;
    ensure!(missing.is_empty(), "still missing after `apt-get install`: {}", missing.join(" "));
    Ok(())
}

/// The packages that tests need and that are not there. Backups are tested with PostgreSQL's programs, so these are
/// needed also when the server is a given one; so is Redis, which the throwaway servers' own tests start.
fn missing() -> anyhow::Result<Vec<&'static str>> {
    let mut packages = Vec::new();
    for found in [postgres_programs(), redis_programs()] {
        match found {
            Ok(_) => {}
            Err(Error::Missing { package, .. }) => packages.push(package),
            Err(error) => bail!(error),
        }
    }
    Ok(packages)
}

fn apt(line: &str) -> anyhow::Result<()> {
    let mut command = Command::new("apt-get");
    command.args(line.split_whitespace()).stdin(Stdio::null()).env("DEBIAN_FRONTEND", "noninteractive");
    let output = command.output().context("cannot start apt-get")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`apt-get {line}` failed: {}", complaint.trim());
    Ok(())
}

/// While it lives, packages start nothing of what they bring: they ask this file first, and 101 forbids it. One that is
/// there already stays as it is.
struct NothingStarts<'a>(Option<&'a Path>);

impl<'a> NothingStarts<'a> {
    fn by(policy: &'a Path) -> anyhow::Result<Self> {
        if policy.exists() {
            return Ok(Self(None));
        }
        let failed = || format!("cannot write {}", policy.display());
        let ours = Self(Some(policy)); // goes also when it is written in part
        fs::write(policy, "#!/bin/sh\nexit 101\n").with_context(failed)?;
        fs::set_permissions(policy, Permissions::from_mode(0o755)).with_context(failed)?;
        Ok(ours)
    }
}

impl Drop for NothingStarts<'_> {
    fn drop(&mut self) {
        if let Some(policy) = self.0 {
            let _ = fs::remove_file(policy);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_told_to_start_nothing_for_as_long_as_they_are_installed() {
        let folder = tempfile::tempdir().unwrap();
        let policy = folder.path().join("policy-rc.d");
        let nothing_starts = NothingStarts::by(&policy).unwrap();
        // By the shell: a file that was just written by a process with threads may be busy.
        assert_eq!(Command::new("sh").arg(&policy).status().unwrap().code(), Some(101));
        assert_eq!(fs::metadata(&policy).unwrap().permissions().mode() & 0o777, 0o755);
        drop(nothing_starts);
        assert!(!policy.exists());
    }

    #[test]
    fn a_policy_of_the_machine_stays() {
        let folder = tempfile::tempdir().unwrap();
        let policy = folder.path().join("policy-rc.d");
        fs::write(&policy, "its own").unwrap();
        drop(NothingStarts::by(&policy).unwrap());
        assert_eq!(fs::read_to_string(&policy).unwrap(), "its own");
    }
}

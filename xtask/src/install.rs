//! The servers that tests need: found, named by the environment, or installed where we may.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};
use evently_auth_services::{Error, postgres_programs, redis_programs};

pub(crate) fn run() -> anyhow::Result<()> {
    let missing = missing()?;
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    ensure!(
        nix::unistd::geteuid().is_root() && Path::new("/usr/bin/apt-get").exists(),
        "tests need servers that are not installed: `apt-get install {packages}` installs them"
    );
    eprintln!("   installing {packages}");
    apt("update -qq")?;
    apt(&format!("install -y -qq --no-install-recommends {packages}"))?;
    let missing = self::missing()?;
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

/// Debian's packages start what they install if the runlevel says so; they are told one in which nothing starts. (Where
/// systemd runs they may start it all the same, on the usual ports; ours have others.)
fn apt(line: &str) -> anyhow::Result<()> {
    let mut command = Command::new("apt-get");
    command.args(line.split_whitespace()).stdin(Stdio::null());
    command.env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1").env("PREVLEVEL", "N");
    let output = command.output().context("cannot start apt-get")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`apt-get {line}` failed: {}", complaint.trim());
    Ok(())
}

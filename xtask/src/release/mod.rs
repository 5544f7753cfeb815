//! A release in `dist/`: both programs, what they are made of (`evently-auth.cdx.json`), and a checksum of each file
//! (`SHA256SUMS`). The same commit gives the same bytes in whatever folder it is built, with the same Rust, C
//! compiler and static libc.

mod build;
mod checksums;
mod sbom;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

use crate::cargo;

/// What is released, beside the bill of materials and the checksums.
const PROGRAMS: [&str; 2] = ["evently-auth", "evently-auth-worker"];
const BILL_OF_MATERIALS: &str = "evently-auth.cdx.json";

/// `cargo xtask release [--twice]`.
pub(crate) fn run(twice: bool) -> anyhow::Result<()> {
    let root = cargo::root();
    let changed = git(&root, "status --porcelain")?;
    ensure!(
        changed.is_empty(),
        "a release is made of a commit, and these files are not as committed:\n{changed}"
    );
    let dist = root.join("dist");
    let sums = make(&root, &root.join("target/release-build"), &dist)?;
    eprintln!("{sums}");
    if twice {
        let elsewhere = tempfile::tempdir().context("cannot make a folder")?;
        let source = elsewhere.path().join("source");
        export(&root, &source)?;
        let again = make(&source, &elsewhere.path().join("build"), &elsewhere.path().join("dist"))?;
        ensure!(again == sums, "built again in another folder, it is something else:\n{again}");
        eprintln!("   built twice, in two folders: the same bytes");
    }
    Ok(())
}

/// Builds what lies in `source`, and puts into `dist` what is released; the text of `SHA256SUMS`.
fn make(source: &Path, target: &Path, dist: &Path) -> anyhow::Result<String> {
    let programs = build::programs(source, target)?;
    fs::create_dir_all(dist).with_context(|| format!("cannot make {}", dist.display()))?;
    for name in PROGRAMS {
        fs::copy(programs.join(name), dist.join(name)).with_context(|| format!("cannot copy {name}"))?;
    }
    fs::write(dist.join(BILL_OF_MATERIALS), sbom::of(source)?)
        .context("cannot write the bill of materials")?;
    let names = PROGRAMS.into_iter().chain([BILL_OF_MATERIALS]);
    let sums = checksums::of(dist, names)?;
    fs::write(dist.join("SHA256SUMS"), &sums).context("cannot write the checksums")?;
    Ok(sums)
}

/// The files of the commit, in a folder of their own.
fn export(root: &Path, folder: &Path) -> anyhow::Result<()> {
    let from = root.to_str().context("the workspace's path is no text")?;
    let to = folder.to_str().context("the folder's path is no text")?;
    let status = Command::new("git").args(["clone", "--quiet", "--shared", from, to]).status();
    ensure!(status.context("cannot start git")?.success(), "git cannot clone the workspace");
    Ok(())
}

fn git(root: &Path, line: &str) -> anyhow::Result<String> {
    let output =
        Command::new("git").args(line.split(' ')).current_dir(root).output().context("cannot start git")?;
    ensure!(
        output.status.success(),
        "`git {line}` failed: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

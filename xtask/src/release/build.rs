//! The build of a release: static programs, and nothing in them of where, when or in what folder they were built.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::cargo;

/// Static programs run on any Linux of this architecture, also in an empty image.
const TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// Builds the programs from `source` into `target`; the folder that holds them.
pub(super) fn programs(source: &Path, target: &Path) -> anyhow::Result<PathBuf> {
    let home = cargo_home()?;
    // Panics name source files, and C code names them in assertions: by the same names on every machine.
    let names = [(source, "/src"), (&home, "/cargo"), (target, "/build")];
    let remapped = names.map(|(path, name)| format!("--remap-path-prefix={}={name}", path.display()));
    let mapped = names.map(|(path, name)| format!("-ffile-prefix-map={}={name}", path.display()));
    let flags = format!("-Ctarget-feature=+crt-static\u{1f}{}", remapped.join("\u{1f}"));
    let mut build = cargo::command(
        "build --release --locked --package evently-auth-server --bins --target x86_64-unknown-linux-gnu",
    );
    build
        .current_dir(source)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_ENCODED_RUSTFLAGS", flags)
        .env("CFLAGS", mapped.join(" "))
        .env_remove("RUSTFLAGS");
    cargo::run(&mut build)?;
    Ok(target.join(TRIPLE).join("release"))
}

/// Where Cargo keeps the sources of what we build upon.
fn cargo_home() -> anyhow::Result<PathBuf> {
    let home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo"));
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home).context("neither CARGO_HOME nor HOME is set")
}

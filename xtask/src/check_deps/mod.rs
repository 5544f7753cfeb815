//! The dependency rule, checked: reads `cargo metadata` and every manifest, prints each violation with its rule.

mod graph;
mod manifest;
mod rules;

use anyhow::{Context, ensure};
use cargo_metadata::MetadataCommand;

use crate::cargo;
use graph::Graph;

pub(crate) fn run() -> anyhow::Result<()> {
    let metadata = MetadataCommand::new()
        .manifest_path(cargo::root().join("Cargo.toml"))
        .exec()
        .context("cannot read the workspace")?;

    let mut violations = rules::violations(&Graph::read(&metadata));
    for package in metadata.workspace_packages() {
        let path = &package.manifest_path;
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
        violations.extend(manifest::violations(&package.name, &text)?);
    }

    for violation in &violations {
        eprintln!("   {violation}");
    }
    ensure!(violations.is_empty(), "{} violations of the dependency rule", violations.len());
    Ok(())
}

//! Documents written by code: the test `xtask/tests/generated.rs` compares each with its source, and rewrites it when
//! `UPDATE_GENERATED` is set.
//!
//! It is a test, not a dependency of this binary, for two reasons: `cargo test` notices a stale document without
//! further ado, and the crates are built once, with the features that all tests use.

use std::process::Command;

use crate::cargo;

/// A document and the test that knows it.
pub(crate) struct Generated {
    path: &'static str,
    test: &'static str,
}

pub(crate) const OPENAPI: Generated =
    Generated { path: "docs/openapi.json", test: "openapi_document_is_current" };
pub(crate) const README: Generated = Generated { path: "README.md", test: "readme_settings_are_current" };

impl Generated {
    /// Writes the document, or with `check` fails when it is stale.
    pub(crate) fn run(&self, check: bool) -> anyhow::Result<()> {
        let mut test = test_run();
        test.args([self.test, "--exact"]);
        if !check {
            test.env("UPDATE_GENERATED", "1");
        }
        cargo::run_one_test(&mut test)?;
        eprintln!("{} is up to date", self.path);
        Ok(())
    }
}

/// Fails when any document is stale.
pub(crate) fn check_all() -> anyhow::Result<()> {
    cargo::run(&mut test_run())
}

fn test_run() -> Command {
    let mut test = cargo::command("test --workspace --test generated -- --quiet");
    test.env_remove("UPDATE_GENERATED");
    test
}

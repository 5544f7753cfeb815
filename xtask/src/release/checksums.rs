//! SHA-256 of files, as `sha256sum --check` reads it.

use std::fs;
use std::path::Path;

use anyhow::Context;
use sha2::{Digest, Sha256};

/// A line for each of the files `names` in `folder`.
pub(super) fn of<'a>(folder: &Path, names: impl IntoIterator<Item = &'a str>) -> anyhow::Result<String> {
    let mut lines = String::new();
    for name in names {
        let bytes = fs::read(folder.join(name)).with_context(|| format!("cannot read {name}"))?;
        let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        lines.push_str(&format!("{digest}  {name}\n"));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn the_usual_program_checks_them() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "one").unwrap();
        fs::write(folder.path().join("b"), "two").unwrap();
        fs::write(folder.path().join("SHA256SUMS"), of(folder.path(), ["a", "b"]).unwrap()).unwrap();
        let mut check = Command::new("sha256sum");
        check.args(["--check", "--strict", "--quiet", "SHA256SUMS"]).current_dir(folder.path());
        assert!(check.status().unwrap().success());
        fs::write(folder.path().join("b"), "three").unwrap();
        assert!(!check.status().unwrap().success());
    }
}

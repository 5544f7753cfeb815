//! Shell scripts can be run, and stop at the first failure. What is only read by others is marked for shellcheck.

use crate::tree::Tree;
use std::os::unix::fs::PermissionsExt;

pub(crate) fn problems(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for path in tree.list("deploy", ".sh") {
        let text = tree.read(&path);
        if text.starts_with("# shellcheck shell=") {
            continue;
        }
        let mode = tree.path(&path).metadata().map_or(0, |file| file.permissions().mode());
        if !text.starts_with("#!/") || mode & 0o111 == 0 {
            found.push(format!("{path}: it cannot be run: give it a `#!` line and the mode 755"));
        }
        if !["set -eu\n", "set -euo pipefail\n"].iter().any(|line| text.contains(line)) {
            found.push(format!("{path}: no `set -eu`: it goes on after a failure"));
        }
    }
    found
}

//! House rules on source files: short, finished, and opened with what they guarantee.

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};

use crate::cargo;

const MAX_LINES: usize = 400;
const MAX_LINES_OF_USE_CASE: usize = 150;
/// What unfinished code looks like. Written in two halves, so that this file does not contain it.
const UNFINISHED: &[&str] = &[concat!("todo", "!"), concat!("unimplemented", "!"), concat!("#[ign", "ore")];

pub(crate) fn run() -> anyhow::Result<()> {
    let root = cargo::root();
    let mut violations = Vec::new();
    for top in ["crates", "xtask"] {
        check_folder(&root, &root.join(top), &mut violations)?;
    }
    violations.sort();
    for violation in &violations {
        eprintln!("   {violation}");
    }
    ensure!(violations.is_empty(), "{} violations of the house rules", violations.len());
    Ok(())
}

fn check_folder(root: &Path, folder: &Path, violations: &mut Vec<String>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            check_folder(root, &path, violations)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text =
                fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            violations.extend(check(&name, &text));
        }
    }
    Ok(())
}

/// One sentence per rule that the file breaks; `path` is relative to the root, with `/`.
fn check(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let limit =
        if path.starts_with("crates/domain/src/usecases/") { MAX_LINES_OF_USE_CASE } else { MAX_LINES };
    let lines = text.lines().count();
    if lines > limit {
        found.push(format!("{path}: {lines} lines, at most {limit}: one file, one subject"));
    }
    for (number, line) in text.lines().enumerate() {
        for marker in UNFINISHED.iter().filter(|marker| line.contains(**marker)) {
            found.push(format!("{path}:{}: `{marker}`: what is merged is finished", number + 1));
        }
    }
    if needs_header(path) && !text.starts_with("//!") {
        found.push(format!("{path}: opens with a `//!` line that says what the module guarantees"));
    }
    found
}

/// Modules of a library or binary; a port's file is its trait, whose own comment says what it guarantees.
fn needs_header(path: &str) -> bool {
    let port = path.starts_with("crates/domain/src/ports/") && !path.ends_with("/mod.rs");
    path.contains("/src/") && !port && !path.ends_with("/tests.rs") && !path.contains("/tests/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(count: usize) -> String {
        format!("//! Header.\n{}", "x\n".repeat(count - 1))
    }

    #[test]
    fn length_is_limited() {
        assert!(check("crates/http/src/a.rs", &lines(400)).is_empty());
        assert_eq!(check("crates/http/src/a.rs", &lines(401)).len(), 1);
        assert_eq!(check("crates/http/tests/a.rs", &lines(401)).len(), 1);
        assert!(check("crates/domain/src/usecases/a.rs", &lines(150)).is_empty());
        assert_eq!(check("crates/domain/src/usecases/a.rs", &lines(151)).len(), 1);
    }

    #[test]
    fn unfinished_code_is_refused_with_its_line() {
        for marker in UNFINISHED {
            let found = check("crates/http/tests/a.rs", &format!("fn a() {{}}\n    {marker}\n"));
            assert_eq!(found.len(), 1, "{marker}");
            assert!(found[0].starts_with("crates/http/tests/a.rs:2: "), "{found:?}");
        }
    }

    #[test]
    fn modules_open_with_what_they_guarantee() {
        for path in ["crates/http/src/a.rs", "crates/domain/src/ports/mod.rs", "xtask/src/main.rs"] {
            assert_eq!(check(path, "use a::b;\n").len(), 1, "{path}");
        }
        for path in
            ["crates/domain/src/ports/users.rs", "crates/http/src/a/tests.rs", "crates/http/tests/a.rs"]
        {
            assert!(check(path, "use a::b;\n").is_empty(), "{path}");
        }
    }
}

//! Documents written by code say what the code does. `cargo xtask openapi` and `cargo xtask readme` run these tests with
//! `UPDATE_GENERATED` set, and then a test writes what it would otherwise compare.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

const BEGIN: &str = "<!-- configuration:begin -->";
const END: &str = "<!-- configuration:end -->";

#[test]
fn openapi_document_is_current() -> Result<(), String> {
    let name = "docs/openapi.json";
    // A document that is not there yet is one to be written.
    let found = fs::read_to_string(in_root(name)).unwrap_or_default();
    settle(name, &found, &evently_auth_http::openapi_json(), "cargo xtask openapi")
}

#[test]
fn readme_settings_are_current() -> Result<(), String> {
    let name = "README.md";
    let found = fs::read_to_string(in_root(name)).map_err(|error| format!("cannot read {name}: {error}"))?;
    let wanted = between_markers(&found, &evently_auth_config::markdown_table())?;
    settle(name, &found, &wanted, "cargo xtask readme")
}

#[test]
fn only_the_text_between_the_markers_changes() {
    let before = format!("# Title\n{BEGIN}\nold\n{END}\nEnd.\n");
    let after = format!("# Title\n{BEGIN}\n\n| new |\n\n{END}\nEnd.\n");
    assert_eq!(between_markers(&before, "| new |\n").unwrap(), after);
    assert_eq!(between_markers(&after, "| new |\n").unwrap(), after);
}

#[test]
fn missing_markers_are_named() {
    assert!(between_markers("# Title\n", "| new |\n").unwrap_err().contains(BEGIN));
    assert!(between_markers(&format!("{BEGIN}\n"), "| new |\n").unwrap_err().contains(END));
    assert!(between_markers(&format!("{END}\n{BEGIN}\n"), "| new |\n").unwrap_err().contains(END));
}

/// Writes the document when asked to; otherwise a document that is not as wanted is an error.
fn settle(name: &str, found: &str, wanted: &str, command: &str) -> Result<(), String> {
    if found == wanted {
        Ok(())
    } else if env::var_os("UPDATE_GENERATED").is_some() {
        fs::write(in_root(name), wanted).map_err(|error| format!("cannot write {name}: {error}"))
    } else {
        Err(format!("{name} is out of date: run `{command}`"))
    }
}

/// The document with `table` between the markers, a blank line on either side.
fn between_markers(document: &str, table: &str) -> Result<String, String> {
    let (before, rest) =
        document.split_once(BEGIN).ok_or_else(|| format!("README.md lacks the line {BEGIN}"))?;
    let (_, after) = rest.split_once(END).ok_or_else(|| format!("README.md lacks {END} after {BEGIN}"))?;
    Ok(format!("{before}{BEGIN}\n\n{table}\n{END}{after}"))
}

/// The root is asked for when run: a build may be older than the place where its sources lie now.
fn in_root(name: &str) -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).join("..").join(name)
}

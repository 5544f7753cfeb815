//! What `cargo metadata` does not tell: that a crate takes lints and versions from the workspace.

use anyhow::Context;
use toml::{Table, Value};

/// One sentence per violation in the manifest `text` of the crate `name`.
///
/// # Errors
/// When the text is not TOML.
pub(super) fn violations(name: &str, text: &str) -> anyhow::Result<Vec<String>> {
    let manifest: Table = text.parse().with_context(|| format!("the manifest of {name} is not TOML"))?;
    let mut found = Vec::new();
    if !manifest.get("lints").is_some_and(from_workspace) {
        found.push(format!("{name}: lints come from the workspace: `[lints] workspace = true`"));
    }
    let platforms = manifest.get("target").and_then(Value::as_table);
    let per_platform = platforms.into_iter().flat_map(Table::values).filter_map(Value::as_table);
    for section in std::iter::once(&manifest).chain(per_platform) {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let dependencies = section.get(kind).and_then(Value::as_table);
            for (dependency, value) in dependencies.into_iter().flatten() {
                if !from_workspace(value) {
                    found.push(format!(
                        "{name} → {dependency}: versions and paths stand in the root manifest, once: \
                         `{dependency}.workspace = true`"
                    ));
                }
            }
        }
    }
    Ok(found)
}

fn from_workspace(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINTS: &str = "[lints]\nworkspace = true\n";

    fn told(text: &str) -> Vec<String> {
        violations("x", text).unwrap()
    }

    #[test]
    fn inherited_lints_and_versions_are_accepted() {
        let text = "[dependencies]\na.workspace = true\nb = { workspace = true, features = [\"c\"] }\n";
        assert_eq!(told(&format!("{text}{LINTS}")), Vec::<String>::new());
    }

    #[test]
    fn own_lints_are_refused() {
        assert_eq!(told("[lints.rust]\nunsafe_code = \"allow\"\n").len(), 1);
        assert_eq!(told("").len(), 1);
    }

    #[test]
    fn own_versions_are_refused_in_every_section() {
        for section in
            ["dependencies", "dev-dependencies", "build-dependencies", "target.'cfg(unix)'.dependencies"]
        {
            let found = told(&format!("[{section}]\na = \"1\"\nb = {{ path = \"../b\" }}\n{LINTS}"));
            assert_eq!(found.len(), 2, "{section}: {found:?}");
            assert!(found[0].starts_with("x → a: "));
        }
    }
}

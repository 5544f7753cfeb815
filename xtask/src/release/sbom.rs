//! The bill of materials, in CycloneDX 1.6 as JSON: every package whose code is in the programs, and no other, with its
//! licence, where it came from, the checksum that `Cargo.lock` holds it to, and what it needs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};
use serde_json::{Value, json};

/// The package whose programs are released.
const TOP: &str = "evently-auth-server";
const TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// The bill of the programs that are built from `source`, always the same bytes for the same commit.
pub(super) fn of(source: &Path) -> anyhow::Result<String> {
    let options = ["--locked".to_owned(), "--filter-platform".to_owned(), TRIPLE.to_owned()];
    let metadata = MetadataCommand::new()
        .manifest_path(source.join("Cargo.toml"))
        .other_options(options)
        .exec()
        .context("cannot read the packages")?;
    let lock = fs::read_to_string(source.join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let bill = bill(&metadata, &checksums(&lock)?)?;
    Ok(format!("{bill:#}\n"))
}

fn bill(metadata: &Metadata, checksums: &HashMap<(String, String), String>) -> anyhow::Result<Value> {
    let packages: HashMap<&PackageId, &Package> = metadata.packages.iter().map(|p| (&p.id, p)).collect();
    let top = metadata.packages.iter().find(|package| package.name == TOP);
    let top = top.with_context(|| format!("there is no package {TOP}"))?;
    let needs = needs(metadata)?;
    let mut components = BTreeMap::new();
    let mut edges = BTreeMap::new();
    let mut waiting = vec![&top.id];
    let mut seen = BTreeSet::from([&top.id]);
    while let Some(id) = waiting.pop() {
        let package = packages.get(id).context("a package without a description")?;
        let needed: &[&PackageId] = needs.get(id).map_or(&[], Vec::as_slice);
        let names: BTreeSet<_> = needed.iter().filter_map(|id| packages.get(id)).map(|p| purl(p)).collect();
        edges.insert(purl(package), json!({"ref": purl(package), "dependsOn": names}));
        components.insert(purl(package), component(package, checksums)?);
        waiting.extend(needed.iter().copied().filter(|id| seen.insert(id)));
    }
    let main = components.remove(&purl(top)).context("the programs are made of nothing")?;
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": main },
        "components": components.into_values().collect::<Vec<_>>(),
        "dependencies": edges.into_values().collect::<Vec<_>>(),
    }))
}

/// What each package is linked with. What only runs during the build or in tests is in no program; nor is a macro.
fn needs(metadata: &Metadata) -> anyhow::Result<HashMap<&PackageId, Vec<&PackageId>>> {
    let resolved = metadata.resolve.as_ref().context("Cargo resolved nothing")?;
    let is_macro = |id: &PackageId| {
        let package = metadata.packages.iter().find(|package| package.id == *id);
        package.is_some_and(|package| package.targets.iter().any(|target| target.is_proc_macro()))
    };
    let linked = |node: &'_ cargo_metadata::Node, id: &PackageId| {
        let dependency = node.deps.iter().find(|dependency| dependency.pkg == *id);
        dependency.is_some_and(|found| found.dep_kinds.iter().any(|how| how.kind == DependencyKind::Normal))
    };
    let of = |node| -> Vec<&PackageId> {
        let node: &cargo_metadata::Node = node;
        node.deps.iter().map(|dep| &dep.pkg).filter(|id| linked(node, id) && !is_macro(id)).collect()
    };
    Ok(resolved.nodes.iter().map(|node| (&node.id, of(node))).collect())
}

fn component(package: &Package, checksums: &HashMap<(String, String), String>) -> anyhow::Result<Value> {
    let name = purl(package);
    // Crates of earlier days wrote a slash for a choice.
    let licence = package.license.as_ref().map(|licence| licence.replace(" / ", "/").replace('/', " OR "));
    let checksum = match &package.source {
        None => None,
        Some(_) => {
            let key = (package.name.to_string(), package.version.to_string());
            let found = checksums.get(&key);
            Some(found.with_context(|| format!("Cargo.lock holds no checksum of {name}"))?)
        }
    };
    Ok(json!({
        "type": if package.name == TOP { "application" } else { "library" },
        "bom-ref": name,
        "name": package.name.as_str(),
        "version": package.version.to_string(),
        "purl": name,
        "licenses": Vec::from_iter(licence.map(|licence| json!({ "expression": licence }))),
        "hashes": Vec::from_iter(checksum.map(|checksum| json!({ "alg": "SHA-256", "content": checksum }))),
    }))
}

/// The package's name everywhere: <https://github.com/package-url/purl-spec>.
fn purl(package: &Package) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version)
}

/// What `Cargo.lock` says of each package that was downloaded, by name and version.
fn checksums(lock: &str) -> anyhow::Result<HashMap<(String, String), String>> {
    let lock: toml::Table = lock.parse().context("Cargo.lock is not TOML")?;
    let packages =
        lock.get("package").and_then(toml::Value::as_array).context("Cargo.lock holds no packages")?;
    let text =
        |package: &toml::Value, key: &str| package.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    let checksum =
        |package| Some(((text(package, "name")?, text(package, "version")?), text(package, "checksum")?));
    let found: HashMap<_, _> = packages.iter().filter_map(checksum).collect();
    ensure!(!found.is_empty(), "Cargo.lock holds no checksums");
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cargo;

    #[test]
    fn names_what_is_in_the_programs_and_nothing_else() {
        let root = cargo::root();
        let bill: Value = serde_json::from_str(&of(&root).unwrap()).unwrap();
        let components = bill["components"].as_array().unwrap();
        let names: Vec<_> = components.iter().map(|component| component["name"].as_str().unwrap()).collect();
        for linked in ["evently-auth-domain", "actix-web", "argon2", "libsqlite3-sys", "redis", "tokio"] {
            assert!(names.contains(&linked), "{linked}");
        }
        // Of tests, of the build, and of macros.
        for other in ["proptest", "evently-auth-services", "evently-auth-xtask", "cc", "serde_derive"] {
            assert!(!names.contains(&other), "{other}");
        }
        for component in components {
            assert!(component["licenses"][0]["expression"].is_string(), "{component}");
            let ours = component["name"].as_str().unwrap().starts_with("evently-auth");
            assert_eq!(component["hashes"].as_array().unwrap().is_empty(), ours, "{component}");
        }
    }

    #[test]
    fn says_nothing_of_where_it_was_made_and_is_the_same_again() {
        let root = cargo::root();
        let bill = of(&root).unwrap();
        assert!(!bill.contains(root.to_str().unwrap()));
        assert_eq!(bill, of(&root).unwrap());
    }
}

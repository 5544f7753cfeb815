//! The bill of materials, in CycloneDX 1.6 as JSON: every package whose code is in the programs, and no other, with its
//! licence, where it came from, the checksum that `Cargo.lock` holds it to, and what it needs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use cargo_metadata::{MetadataCommand, Package};
use serde_json::{Value, json};

use crate::cargo;

/// The package whose programs are released.
const TOP: &str = "evently-auth-server";
const TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// A package by name and version: no two in `Cargo.lock` have both in common.
type Named = (String, String);

/// The bill of the programs that are built from `source`, always the same bytes for the same commit.
pub(super) fn of(source: &Path) -> anyhow::Result<String> {
    let options = ["--locked".to_owned(), "--filter-platform".to_owned(), TRIPLE.to_owned()];
    let metadata = MetadataCommand::new()
        .manifest_path(source.join("Cargo.toml"))
        .other_options(options)
        .exec()
        .context("cannot read the packages")?;
    let named = |package: Package| ((package.name.to_string(), package.version.to_string()), package);
    let packages = metadata.packages.into_iter().map(named).collect();
    let lock = fs::read_to_string(source.join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let bill = bill(&needs(&tree(source)?)?, &packages, &checksums(&lock)?)?;
    Ok(format!("{bill:#}\n"))
}

fn bill(
    needs: &BTreeMap<Named, BTreeSet<Named>>,
    packages: &HashMap<Named, Package>,
    checksums: &HashMap<Named, String>,
) -> anyhow::Result<Value> {
    let (mut main, mut components, mut edges) = (None, Vec::new(), Vec::new());
    for (named, needed) in needs {
        let package = packages.get(named).with_context(|| format!("{named:?} has no description"))?;
        let component = component(package, checksums)?;
        if package.name == TOP {
            main = Some(component);
        } else {
            components.push(component);
        }
        edges.push(json!({"ref": purl(named), "dependsOn": needed.iter().map(purl).collect::<Vec<_>>()}));
    }
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": main.context("the programs are made of nothing")? },
        "components": components,
        "dependencies": edges,
    }))
}

/// What Cargo links for the programs alone: what only other members of the workspace, tests and the build ask of our
/// dependencies is in no program, nor is a macro. `cargo metadata` knows the workspace as a whole, and would name more.
fn tree(source: &Path) -> anyhow::Result<String> {
    let mut tree = cargo::command("tree --locked --edges normal,no-proc-macro --prefix depth --format {p}");
    tree.args(["--package", TOP, "--target", TRIPLE]).current_dir(source);
    let output = tree.output().context("cannot start cargo")?;
    ensure!(output.status.success(), "`cargo tree`: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(String::from_utf8(output.stdout)?)
}

/// What each package of the tree is linked with. A line is `2name v1.0.0`, the number being its depth; whatever was
/// shown before has no lines below it again.
fn needs(tree: &str) -> anyhow::Result<BTreeMap<Named, BTreeSet<Named>>> {
    let mut needs: BTreeMap<Named, BTreeSet<Named>> = BTreeMap::new();
    let mut above: Vec<Named> = Vec::new();
    for line in tree.lines() {
        let start = line.find(|c: char| !c.is_ascii_digit()).unwrap_or_default();
        let (depth, named) = line.split_at(start);
        let named = named.split_once(" v").context("a package without a version")?;
        let version = named.1.split(' ').next().unwrap_or_default();
        let named = (named.0.to_owned(), version.to_owned());
        above.truncate(depth.parse().with_context(|| format!("no line of a tree: {line}"))?);
        if let Some(above) = above.last() {
            needs.entry(above.clone()).or_default().insert(named.clone());
        }
        needs.entry(named.clone()).or_default();
        above.push(named);
    }
    Ok(needs)
}

fn component(package: &Package, checksums: &HashMap<Named, String>) -> anyhow::Result<Value> {
    let named = (package.name.to_string(), package.version.to_string());
    let name = purl(&named);
    // Crates of earlier days wrote a slash for a choice.
    let licence = package.license.as_ref().map(|licence| licence.replace(" / ", "/").replace('/', " OR "));
    let checksum = match &package.source {
        None => None,
        Some(_) => {
            let found = checksums.get(&named);
            Some(found.with_context(|| format!("Cargo.lock holds no checksum of {name}"))?)
        }
    };
    Ok(json!({
        "type": if package.name == TOP { "application" } else { "library" },
        "bom-ref": name,
        "name": named.0,
        "version": named.1,
        "purl": name,
        "licenses": Vec::from_iter(licence.map(|licence| json!({ "expression": licence }))),
        "hashes": Vec::from_iter(checksum.map(|checksum| json!({ "alg": "SHA-256", "content": checksum }))),
    }))
}

/// The package's name everywhere: <https://github.com/package-url/purl-spec>.
fn purl((name, version): &Named) -> String {
    format!("pkg:cargo/{name}@{version}")
}

/// What `Cargo.lock` says of each package that was downloaded, by name and version.
fn checksums(lock: &str) -> anyhow::Result<HashMap<Named, String>> {
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

    fn bill() -> Value {
        serde_json::from_str(&of(&cargo::root()).unwrap()).unwrap()
    }

    fn texts<'a>(values: &'a Value, key: &str) -> BTreeSet<&'a str> {
        values.as_array().unwrap().iter().map(|value| value[key].as_str().unwrap()).collect()
    }

    /// What a build of the programs compiles for their platform, as Cargo plans it; it plans without building when it is
    /// told to take an option that is not stable.
    fn compiled() -> BTreeSet<String> {
        let line = "build --release --locked --bins --unit-graph -Zunstable-options";
        let mut plan = cargo::command(line);
        plan.args(["--package", TOP, "--target", TRIPLE]).env("RUSTC_BOOTSTRAP", "1");
        let plan: Value = serde_json::from_slice(&plan.output().unwrap().stdout).unwrap();
        let units = plan["units"].as_array().unwrap().iter();
        let ours = units.filter(|unit| unit["platform"] == TRIPLE && unit["mode"] == "build");
        let id = |unit: &Value| unit["pkg_id"].as_str().unwrap().rsplit_once('#').unwrap().1.to_owned();
        ours.map(|unit| format!("pkg:cargo/{}", id(unit))).collect()
    }

    #[test]
    fn names_what_is_in_the_programs_and_nothing_else() {
        let bill = bill();
        let mut named = texts(&bill["components"], "purl");
        named.extend(bill["metadata"]["component"]["purl"].as_str());
        assert_eq!(named, compiled().iter().map(String::as_str).collect());
        let names = texts(&bill["components"], "name");
        for linked in ["evently-auth-domain", "actix-web", "argon2", "libsqlite3-sys", "redis", "tokio"] {
            assert!(names.contains(linked), "{linked}");
        }
        // Of tests, of the build, of macros, and of what others of the workspace ask of our dependencies.
        for other in
            ["proptest", "evently-auth-services", "evently-auth-xtask", "cc", "serde_derive", "toml_writer"]
        {
            assert!(!names.contains(other), "{other}");
        }
    }

    #[test]
    fn says_what_each_package_needs_its_licence_and_the_checksum_of_the_lock_file() {
        let bill = bill();
        for component in bill["components"].as_array().unwrap() {
            assert!(component["licenses"][0]["expression"].is_string(), "{component}");
            let ours = component["name"].as_str().unwrap().starts_with("evently-auth");
            assert_eq!(component["hashes"].as_array().unwrap().is_empty(), ours, "{component}");
        }
        let needed = bill["dependencies"].as_array().unwrap().iter();
        let needed = needed.flat_map(|of| of["dependsOn"].as_array().unwrap());
        let needed: BTreeSet<_> = needed.map(|name| name.as_str().unwrap()).collect();
        assert_eq!(needed, texts(&bill["components"], "purl"), "each is needed by another");
    }

    #[test]
    fn a_tree_tells_who_needs_whom() {
        let named = |name: &str| (name.to_owned(), "1.0.0".to_owned());
        let needs = needs("0a v1.0.0 (/here)\n1b v1.0.0\n2c v1.0.0\n1d v1.0.0\n2b v1.0.0 (*)\n").unwrap();
        let expected = [("a", vec!["b", "d"]), ("b", vec!["c"]), ("c", vec![]), ("d", vec!["b"])];
        let expected = expected.map(|(of, needs)| (named(of), needs.into_iter().map(named).collect()));
        assert_eq!(needs, BTreeMap::from(expected));
    }

    #[test]
    fn says_nothing_of_where_it_was_made_and_is_the_same_again() {
        let root = cargo::root();
        let bill = of(&root).unwrap();
        assert!(!bill.contains(root.to_str().unwrap()));
        assert_eq!(bill, of(&root).unwrap());
    }
}

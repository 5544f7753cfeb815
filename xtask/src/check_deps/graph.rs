//! The part of `cargo metadata` that the dependency rule looks at: who names whom, and who is built beneath whom.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cargo_metadata::{DependencyKind, Metadata, Package, PackageId};

/// All packages, by name: two versions of a package count as one.
#[derive(Default)]
pub(super) struct Graph {
    /// The members of the workspace and what their manifests name.
    pub(super) members: BTreeMap<String, Vec<Dependency>>,
    /// What each package, ours or not, links into a build: no dev-dependencies, no build scripts.
    pub(super) linked: BTreeMap<String, BTreeSet<String>>,
}

/// A line of a manifest.
#[derive(Clone)]
pub(super) struct Dependency {
    pub(super) name: String,
    /// Whether tests alone use it.
    pub(super) dev: bool,
}

impl Graph {
    pub(super) fn read(metadata: &Metadata) -> Self {
        let members = metadata.workspace_packages();
        let names: BTreeMap<&PackageId, &str> =
            metadata.packages.iter().map(|package| (&package.id, package.name.as_str())).collect();
        let name = |id: &PackageId| names.get(id).map_or_else(|| id.to_string(), ToString::to_string);

        let mut linked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for node in metadata.resolve.iter().flat_map(|resolve| &resolve.nodes) {
            let normal = |dependency: &&cargo_metadata::NodeDep| {
                dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal)
            };
            let beneath = node.deps.iter().filter(normal).map(|dependency| name(&dependency.pkg));
            linked.entry(name(&node.id)).or_default().extend(beneath);
        }
        Self { members: members.into_iter().map(declared).collect(), linked }
    }

    /// Every package linked beneath `top`, with the way to it: `top → … → package`.
    pub(super) fn beneath(&self, top: &str) -> BTreeMap<String, String> {
        let mut ways = BTreeMap::from([(top.to_owned(), top.to_owned())]);
        let mut next = VecDeque::from([top.to_owned()]);
        while let Some(package) = next.pop_front() {
            let way = ways.get(&package).cloned().unwrap_or_default();
            for child in self.linked.get(&package).into_iter().flatten() {
                if !ways.contains_key(child) {
                    ways.insert(child.clone(), format!("{way} → {child}"));
                    next.push_back(child.clone());
                }
            }
        }
        ways.remove(top);
        ways
    }
}

fn declared(package: &Package) -> (String, Vec<Dependency>) {
    let dependencies = package.dependencies.iter().map(|dependency| Dependency {
        name: dependency.name.clone(),
        dev: dependency.kind == DependencyKind::Development,
    });
    (package.name.to_string(), dependencies.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_way_is_told_and_cycles_end() {
        let mut graph = Graph::default();
        for (parent, child) in [("a", "b"), ("b", "c"), ("c", "a"), ("a", "c"), ("c", "d")] {
            graph.linked.entry(parent.into()).or_default().insert(child.into());
        }
        let beneath = graph.beneath("a");
        assert_eq!(beneath.keys().collect::<Vec<_>>(), ["b", "c", "d"]);
        assert_eq!(beneath["d"], "a → c → d");
    }

    #[test]
    fn this_workspace_is_read() {
        let metadata = cargo_metadata::MetadataCommand::new().exec().unwrap();
        let graph = Graph::read(&metadata);
        let own = &graph.members["evently-auth-xtask"];
        assert!(own.iter().any(|dependency| dependency.name == "cargo_metadata" && !dependency.dev));
        assert!(own.iter().any(|dependency| dependency.name == "evently-auth-http" && dependency.dev));
        assert!(graph.beneath("evently-auth-xtask").contains_key("serde"));
        assert!(!graph.linked["evently-auth-xtask"].contains("evently-auth-http"));
    }
}

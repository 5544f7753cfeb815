//! What the service really is: its settings, its routes, what it measures.

use crate::tree::Tree;
use evently_auth_config::VARIABLES;
use serde_json::Value;
use std::collections::BTreeSet;

/// What the files of `deploy/` have to agree with.
pub(crate) struct Facts {
    /// Paths that can be asked with GET.
    pub(crate) routes: BTreeSet<String>,
    /// Every text in the sources that could name a measurement or a label.
    pub(crate) literals: BTreeSet<String>,
}

impl Facts {
    pub(crate) fn of(tree: &Tree) -> Self {
        let openapi: Value = serde_json::from_str(&tree.read("docs/openapi.json")).unwrap();
        let paths = openapi["paths"].as_object().unwrap().iter();
        let routes =
            paths.filter(|(_, path)| path.get("get").is_some()).map(|(path, _)| path.clone()).collect();
        let sources = tree.list("crates", ".rs").into_iter().filter(|path| path.contains("/src/"));
        let literals = sources.flat_map(|path| literals(&tree.read(&path))).collect();
        Self { routes, literals }
    }

    /// Whether the sources name `metric`; a histogram is exported as three series.
    pub(crate) fn measures(&self, metric: &str) -> bool {
        let series = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| metric.strip_suffix(suffix));
        self.literals.contains(metric)
            || series.is_some_and(|of| of.ends_with("duration_seconds") && self.literals.contains(of))
    }

    /// The port that a process listens on when nobody says otherwise.
    pub(crate) fn port(worker: bool) -> u64 {
        let name = if worker { "WORKER_PORT" } else { "PORT" };
        let variable = VARIABLES.iter().find(|variable| variable.name == name).unwrap();
        variable.default.unwrap().parse().unwrap()
    }
}

fn literals(source: &str) -> Vec<String> {
    let name = |text: &&str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || "0123456789_".contains(c))
    };
    source.split('"').filter(name).map(str::to_owned).collect()
}

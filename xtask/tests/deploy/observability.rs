//! Alerts and dashboard name what the service measures, and every alert tells where to read on.

use crate::documents::{items, text, yaml};
use crate::facts::Facts;
use crate::operations::{self, anchors};
use crate::promql;
use crate::tree::Tree;
use serde_json::Value;

const ALERTS: &str = "deploy/prometheus/alerts.yaml";
const DASHBOARD: &str = "deploy/grafana/evently-auth.json";
const SEVERITIES: &[&str] = &["critical", "warning"];

pub(crate) fn problems(tree: &Tree, facts: &Facts) -> Vec<String> {
    [alerts(tree, facts), dashboard(tree, facts)].concat()
}

fn alerts(tree: &Tree, facts: &Facts) -> Vec<String> {
    let rules = match yaml(tree, ALERTS) {
        Ok(files) => files,
        Err(error) => return vec![error],
    };
    let anchors = anchors(&tree.read(operations::PATH));
    let groups = rules.iter().flat_map(|file| items(file, "/groups"));
    let mut found = Vec::new();
    for rule in groups.flat_map(|group| items(group, "/rules")) {
        let (name, summary) = (text(rule, "/alert"), text(rule, "/annotations/summary"));
        let mut problems = unmeasured(facts, text(rule, "/expr"), summary);
        if !SEVERITIES.contains(&text(rule, "/labels/severity")) {
            problems.push(format!("its severity is none of {SEVERITIES:?}"));
        }
        if summary.is_empty() {
            problems.push("it has no summary".to_owned());
        }
        let anchor = text(rule, "/annotations/runbook_url").strip_prefix("docs/operations.md#");
        match anchor {
            Some(anchor) if anchor == name.to_lowercase() && anchors.iter().any(|known| known == anchor) => {}
            _ => problems
                .push(format!("{} has no heading for it, or runbook_url leads elsewhere", operations::PATH)),
        }
        found.extend(problems.into_iter().map(|problem| format!("{ALERTS}: {name}: {problem}")));
    }
    found
}

fn dashboard(tree: &Tree, facts: &Facts) -> Vec<String> {
    let dashboard: Value = match serde_json::from_str(&tree.read(DASHBOARD)) {
        Ok(dashboard) => dashboard,
        Err(error) => return vec![format!("{DASHBOARD}: {error}")],
    };
    let mut found = Vec::new();
    for panel in items(&dashboard, "/panels") {
        for target in items(panel, "/targets") {
            let problems = unmeasured(facts, text(target, "/expr"), text(target, "/legendFormat"));
            let title = text(panel, "/title");
            found.extend(problems.into_iter().map(|problem| format!("{DASHBOARD}: {title}: {problem}")));
        }
    }
    found
}

/// Series and labels that no source names.
fn unmeasured(facts: &Facts, expression: &str, shown: &str) -> Vec<String> {
    let named = promql::named(expression);
    let series = named.series.iter().filter(|series| !facts.measures(series));
    let labels = named.labels.into_iter().chain(promql::legend(shown));
    series
        .map(|series| format!("nothing measures {series}"))
        .chain(
            labels
                .filter(|label| !facts.literals.contains(label))
                .map(|label| format!("nothing has the label {label}")),
        )
        .collect()
}

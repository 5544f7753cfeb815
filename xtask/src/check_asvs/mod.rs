//! `docs/asvs.md` keeps its word: each requirement of OWASP ASVS 5.0.0 of level 1 or 2 stands in it exactly once, and
//! each test, step and document that it names exists.

mod document;
mod links;
mod requirements;
mod tests_of_workspace;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};

use crate::cargo;
use document::{Kind, Row};
use requirements::Requirement;

const DOCUMENT: &str = "docs/asvs.md";
/// Other documents that name tests.
const OTHERS: [&str; 2] = ["docs/security.md", "docs/reliability.md"];
/// How a proof names a step of `cargo xtask test`.
const STEP: &str = "cargo xtask test: ";

/// Fails with a line for each fault. `steps` are the names of the steps of `cargo xtask test`.
pub(crate) fn run(steps: &[&str]) -> anyhow::Result<()> {
    let root = cargo::root();
    let read =
        |path: &str| fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"));
    let tests = tests_of_workspace::list()?;
    let check = Check { requirements: &requirements::all()?, tests: &tests, steps, root: &root };
    let named = |fault| format!("{DOCUMENT}{fault}");
    let mut faults: Vec<String> = check.faults(&read(DOCUMENT)?).into_iter().map(named).collect();
    for document in OTHERS {
        faults.extend(gone(&read(document)?, &tests).into_iter().map(|test| format!("{document}: {test}")));
    }
    for fault in &faults {
        eprintln!("   {fault}");
    }
    ensure!(faults.is_empty(), "{} faults", faults.len());
    Ok(())
}

/// The tests that a text names in backticks and that are not there: whatever has a path is named as `cargo nextest list`
/// prints it, so that no short form escapes.
fn gone(text: &str, tests: &BTreeSet<String>) -> Vec<String> {
    let spans = text.split('`').skip(1).step_by(2);
    let names = spans.map(|span| span.split_whitespace().collect::<Vec<_>>().join(" "));
    let is_test =
        |name: &String| name.contains("::") || name.starts_with("evently-auth-") && name.contains(' ');
    let gone = names.filter(|name| is_test(name) && !tests.contains(name));
    gone.map(|name| format!("`{name}` is no test that runs")).collect()
}

/// What the document is held against.
struct Check<'a> {
    requirements: &'a [Requirement],
    /// The tests that run, named as `cargo nextest list` prints them.
    tests: &'a BTreeSet<String>,
    steps: &'a [&'a str],
    root: &'a Path,
}

impl Check<'_> {
    /// One sentence for each fault, opened by `:LINE: ` where a line is at fault.
    fn faults(&self, text: &str) -> Vec<String> {
        let (rows, mut faults) = document::rows(text);
        for row in &rows {
            faults.extend(self.faults_of(row).into_iter().map(|fault| format!(":{}: {fault}", row.line)));
        }
        for requirement in self.requirements {
            let times =
                rows.iter().flat_map(|row| &row.ids).filter(|id| requirement.is_covered_by(id)).count();
            if times > 1 || (times == 0 && requirement.level <= 2) {
                faults.push(format!(": {} stands in it {times} times", requirement.id));
            }
        }
        faults
    }

    fn faults_of(&self, row: &Row<'_>) -> Vec<String> {
        let mut faults = Vec::new();
        for id in &row.ids {
            let covered: Vec<_> =
                self.requirements.iter().filter(|requirement| requirement.is_covered_by(id)).collect();
            match (&row.kind, covered.as_slice()) {
                (_, []) => faults.push(format!("there is no requirement {id}")),
                (Kind::NotApplicable { .. }, _) => {}
                (Kind::Open { level, .. } | Kind::Kept { level, .. }, [one])
                    if one.id == *id && *level == one.level.to_string() => {}
                (Kind::Open { level, .. } | Kind::Kept { level, .. }, _) => {
                    faults.push(format!("{id} is no single requirement of level {level}"));
                }
            }
        }
        match &row.kind {
            Kind::NotApplicable { why: words } | Kind::Open { missing: words, .. } => {
                if words.is_empty() {
                    faults.push("says neither why nor what is missing".to_owned());
                }
            }
            Kind::Kept { proof, .. } => faults.extend(self.faults_of_proof(proof)),
        }
        faults
    }

    /// A proof is at least one test or step in backticks, or a link to where a document says it.
    fn faults_of_proof(&self, proof: &str) -> Vec<String> {
        let mut faults = Vec::new();
        let named: Vec<&str> = proof.split('`').skip(1).step_by(2).collect();
        for name in &named {
            let exists = match name.strip_prefix(STEP) {
                Some(step) => self.steps.contains(&step),
                None => self.tests.contains(*name),
            };
            if !exists {
                faults.push(format!("`{name}` is no test that runs, and no step"));
            }
        }
        let links = links::targets(proof);
        for target in &links {
            if let Err(fault) = links::check(&self.root.join("docs"), target) {
                faults.push(fault);
            }
        }
        if named.is_empty() && links.is_empty() {
            faults.push("nothing proves it: name a test, or list it as open".to_owned());
        }
        faults
    }
}

#[cfg(test)]
mod tests;

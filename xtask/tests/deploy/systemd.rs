//! The units: known settings, credentials that are loaded before they are named, programs that exist.

use crate::settings;
use crate::tree::Tree;

const PROGRAMS: &[&str] = &["/usr/local/bin/evently-auth", "/usr/local/bin/evently-auth-worker"];

pub(crate) fn problems(tree: &Tree) -> Vec<String> {
    tree.list("deploy/systemd", ".service").iter().flat_map(|path| unit(path, &tree.read(path))).collect()
}

fn unit(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let values = |key| text.lines().filter_map(move |line| line.strip_prefix(key)?.strip_prefix('='));
    let loaded: Vec<_> = values("LoadCredential").filter_map(|value| value.split(':').next()).collect();
    for (name, value) in values("Environment").filter_map(|value| value.split_once('=')) {
        found.extend(settings::problem(path, name));
        if let Some(credential) = value.strip_prefix("%d/")
            && !loaded.contains(&credential)
        {
            found.push(format!("{path}: {name}: no LoadCredential makes {credential}"));
        }
    }
    for start in values("ExecStart") {
        if !start.split(' ').next().is_some_and(|program| PROGRAMS.contains(&program)) {
            found.push(format!("{path}: ExecStart={start} starts none of {PROGRAMS:?}"));
        }
    }
    for required in ["ExecStart", "Restart", "TimeoutStopSec", "DynamicUser"] {
        if values(required).next().is_none() {
            found.push(format!("{path}: {required} is missing"));
        }
    }
    found
}

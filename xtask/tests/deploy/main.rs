//! What lies in `deploy/` is held against what the service really is, without a container engine: settings, routes,
//! ports, measurements, labels, files. `cargo xtask check-deploy` runs `the_deployment_is_sound`; the other tests break
//! a file in memory and expect to hear of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod broken;
mod compose;
mod documents;
mod facts;
mod image;
mod kubernetes;
mod manifests;
mod observability;
mod operations;
mod promql;
mod scripts;
mod settings;
mod systemd;
mod tools;
mod tree;

use facts::Facts;
use tree::Tree;

/// Says every problem at once; a tool that is not installed is named, or a problem when `CHECK_ALL` is set.
#[test]
fn the_deployment_is_sound() {
    let tree = Tree::of_the_repository();
    let mut problems = problems(&tree);
    let (complaints, missing) = tools::problems(&tree);
    problems.extend(complaints);
    for tool in &missing {
        eprintln!("   left out: {tool}");
    }
    if std::env::var_os("CHECK_ALL").is_some() {
        problems.extend(missing);
    }
    assert!(problems.is_empty(), "{} problems in deploy/:\n  {}", problems.len(), problems.join("\n  "));
}

/// What is wrong with the files of `tree`, a sentence each.
fn problems(tree: &Tree) -> Vec<String> {
    let facts = Facts::of(tree);
    [
        image::problems(tree),
        compose::problems(tree, &facts),
        kubernetes::problems(tree, &facts),
        systemd::problems(tree),
        observability::problems(tree, &facts),
        operations::problems(tree),
        scripts::problems(tree),
    ]
    .concat()
}

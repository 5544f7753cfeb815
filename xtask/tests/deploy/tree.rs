//! The files of the repository, some of them replaced in memory by a test.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Files by their paths from the root, with `/`.
pub(crate) struct Tree {
    root: PathBuf,
    replaced: BTreeMap<String, String>,
}

impl Tree {
    /// The files as they lie there. The root is asked for when run: a build may be older than where its sources lie.
    pub(crate) fn of_the_repository() -> Self {
        let package =
            std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        Self { root: Path::new(&package).join(".."), replaced: BTreeMap::new() }
    }

    /// The same files, but `from` became `to` in one of them.
    pub(crate) fn with(mut self, path: &str, from: &str, to: &str) -> Self {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no `{from}` that could be broken");
        self.replaced.insert(path.to_owned(), text.replace(from, to));
        self
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.replaced.contains_key(path) || self.path(path).exists()
    }

    pub(crate) fn read(&self, path: &str) -> String {
        self.replaced.get(path).cloned().unwrap_or_else(|| {
            fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("cannot read {path}: {error}"))
        })
    }

    /// The files under `folder` whose names end in `ending`, in order.
    pub(crate) fn list(&self, folder: &str, ending: &str) -> Vec<String> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.path(folder)).unwrap_or_else(|error| panic!("{folder}: {error}")) {
            let entry = entry.unwrap();
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                found.extend(self.list(&path, ending));
            } else if path.ends_with(ending) {
                found.push(path);
            }
        }
        found.sort();
        found
    }
}

//! Where values come from, by name. The process environment is read here and nowhere else.

use std::collections::HashMap;
use std::ffi::OsString;

/// Something that knows values by the names of variables.
pub trait Source {
    /// The value of `name`, if it has one.
    fn get(&self, name: &str) -> Option<OsString>;
}

impl Source for HashMap<String, String> {
    fn get(&self, name: &str) -> Option<OsString> {
        self.get(name).map(OsString::from)
    }
}

impl Source for HashMap<&str, &str> {
    fn get(&self, name: &str) -> Option<OsString> {
        self.get(name).map(OsString::from)
    }
}

/// The environment of this process at one moment.
pub struct Environment(HashMap<OsString, OsString>);

impl Environment {
    /// Copies the environment.
    pub fn snapshot() -> Self {
        Self(std::env::vars_os().collect())
    }
}

impl Source for Environment {
    fn get(&self, name: &str) -> Option<OsString> {
        self.0.get(std::ffi::OsStr::new(name)).cloned()
    }
}

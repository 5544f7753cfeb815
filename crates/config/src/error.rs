//! What is said about a wrong setting: one line with the variable, what it had and what it takes; never a
//! secret.

use crate::reader::{Given, Origin};
use crate::variables::Variable;

/// The most characters of a value that an error repeats.
const SHOWN_CHARS: usize = 80;

/// A setting that stops the start. Its text is one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}")]
pub struct ConfigError {
    variable: &'static str,
    line: String,
}

impl ConfigError {
    /// The variable to correct.
    pub fn variable(&self) -> &'static str {
        self.variable
    }

    /// `variable` has a value that it does not take; `why` says more than the value shows.
    pub(crate) fn refused(variable: &Variable, given: &Given, why: Option<&str>) -> Self {
        let had = match &given.origin {
            Origin::File(file) => format!("{}_FILE names {file:?}, whose content is refused", variable.name),
            _ if variable.secret => {
                format!("{} has a value (not shown) that is refused", named(variable, given))
            }
            _ => format!("{} is {}", named(variable, given), shown(&given.text)),
        };
        Self::new(variable, &had, why)
    }

    /// One item of the list in `variable` is wrong.
    pub(crate) fn refused_item(variable: &Variable, given: &Given, item: &str) -> Self {
        Self::new(variable, &format!("{} holds {}", named(variable, given), shown(item)), None)
    }

    /// `variable` has no value, and `why` it needs one.
    pub(crate) fn missing(variable: &Variable, why: &str) -> Self {
        Self::new(variable, &format!("{} is not set", variable.name), Some(why))
    }

    /// The file that was named for `variable` gives no value.
    pub(crate) fn file(variable: &Variable, file: &str, why: &str) -> Self {
        Self::new(variable, &format!("{}_FILE names {file:?}", variable.name), Some(why))
    }

    /// `variable` (or `NAME_FILE`, as `name` says) has bytes that are no text.
    pub(crate) fn not_text(variable: &Variable, name: &str) -> Self {
        Self::new(variable, &format!("{name} is not valid UTF-8"), None)
    }

    fn new(variable: &Variable, had: &str, why: Option<&str>) -> Self {
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        Self { variable: variable.name, line: format!("{had}{why}; it takes {}", variable.takes) }
    }
}

/// The variable, and that its value came from where an operator would not look first.
fn named(variable: &Variable, given: &Given) -> String {
    match given.origin {
        Origin::Zero => format!("{} (from Zero)", variable.name),
        Origin::Named | Origin::File(_) => variable.name.to_owned(),
    }
}

/// A value in quotes, on one line, cut when long, and without the password that a URL may carry.
fn shown(value: &str) -> String {
    if value.contains("://") && value.contains('@') {
        return "a URL with credentials (not shown)".into();
    }
    let cut: String = value.chars().take(SHOWN_CHARS).collect();
    let more = if cut.len() < value.len() { "…" } else { "" };
    format!("{cut:?}{more}")
}

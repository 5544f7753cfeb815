//! What Zero knows, by the names of variables.

use std::collections::HashMap;
use zeroize::Zeroizing;

/// The secrets of a project; its values are never printed, and wiped when dropped.
pub struct Secrets(HashMap<String, Zeroizing<String>>);

impl Secrets {
    /// Secrets by the keys that Zero has them under.
    pub(crate) fn new(fields: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(fields.into_iter().map(|(key, value)| (key, Zeroizing::new(value))).collect())
    }

    /// The value of the variable `name`: Zero's key `db-host` stands for `DB_HOST`.
    pub fn variable(&self, name: &str) -> Option<&str> {
        let key = name.to_ascii_lowercase().replace('_', "-");
        self.0.get(&key).map(|value| value.as_str())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

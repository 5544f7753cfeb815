//! YAML and JSON as values, and ways through them.

use crate::tree::Tree;
use serde_json::Value;

/// The documents of a YAML file, anchors and merge keys resolved.
pub(crate) fn yaml(tree: &Tree, path: &str) -> Result<Vec<Value>, String> {
    serde_saphyr::from_multiple(&tree.read(path)).map_err(|error| format!("{path}: {error}"))
}

/// The text at a JSON pointer (RFC 6901), or nothing.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The items at a pointer, or none.
pub(crate) fn items<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The members at a pointer, or none.
pub(crate) fn members<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let members = value.pointer(pointer).and_then(Value::as_object);
    members.into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

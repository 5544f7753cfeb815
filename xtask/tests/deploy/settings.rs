//! Whether names in an environment are settings of the service.

use evently_auth_config::VARIABLES;

/// What is wrong with setting `name` at `place`. A secret is named by its file alone: what is in the environment is in
/// process lists, crash reports and the manifests themselves.
pub(crate) fn problem(place: &str, name: &str) -> Option<String> {
    let is_secret =
        |name: &str| VARIABLES.iter().find(|variable| variable.name == name).map(|variable| variable.secret);
    match (is_secret(name), name.strip_suffix("_FILE").and_then(is_secret)) {
        (Some(false), _) | (None, Some(true)) => None,
        (Some(true), _) => Some(format!("{place}: {name} is a secret; name its file with {name}_FILE")),
        (None, _) => Some(format!("{place}: the service has no setting {name}")),
    }
}

//! Which series and labels a PromQL expression names. It reads what stands here, not all of PromQL.

use std::collections::BTreeSet;

/// How the service's series begin; anything else is Prometheus' own.
const OWN: &[&str] = &["http_", "db_", "evently_auth_"];
/// Labels that Prometheus adds.
const ADDED: &[&str] = &["job", "instance", "le"];

/// What an expression names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) series: BTreeSet<String>,
    pub(crate) labels: BTreeSet<String>,
}

/// Names in `expression`: labels stand in braces and after `by`, series outside of both.
pub(crate) fn named(expression: &str) -> Named {
    let mut named = Named::default();
    let (mut in_braces, mut grouping) = (false, false);
    for token in tokens(&without_strings(expression)) {
        match token.as_str() {
            "{" => in_braces = true,
            "}" => in_braces = false,
            ")" => grouping = false,
            "by" | "without" | "on" | "ignoring" if !in_braces => grouping = true,
            word if !word.starts_with(|c: char| c.is_ascii_lowercase()) => {}
            word if ADDED.contains(&word) => {}
            _ if in_braces || grouping => {
                named.labels.insert(token);
            }
            word if OWN.iter().any(|start| word.starts_with(start)) => {
                named.series.insert(token);
            }
            _ => {}
        }
    }
    named
}

/// Labels in the braces of a legend or a summary: `{{route}}` and `{{ $labels.route }}`.
pub(crate) fn legend(text: &str) -> BTreeSet<String> {
    let inside = text.split("{{").skip(1).filter_map(|rest| rest.split("}}").next());
    inside
        .map(|name| name.trim().trim_start_matches("$labels."))
        .filter(|name| !name.starts_with("$value") && !ADDED.contains(name))
        .map(str::to_owned)
        .collect()
}

fn without_strings(expression: &str) -> String {
    expression.split('"').step_by(2).collect()
}

/// Words, and the signs between them one by one.
fn tokens(expression: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut in_word = false;
    for c in expression.chars() {
        let wordy = c.is_ascii_alphanumeric() || c == '_' || c == '$';
        match tokens.last_mut() {
            Some(last) if wordy && in_word => last.push(c),
            _ => tokens.push(c.to_string()),
        }
        in_word = wordy;
    }
    tokens
}

#[test]
fn series_and_labels_are_told_apart() {
    let named = named(
        r#"histogram_quantile(0.99, sum by (le, http_route) (rate(http_a_bucket{job="evently-auth",
           code=~"5..", x!=""}[$__rate_interval]))) / max(evently_auth_b) > 0"#,
    );
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(named.series, set(&["http_a_bucket", "evently_auth_b"]));
    assert_eq!(named.labels, set(&["http_route", "code", "x"]));
    assert_eq!(
        legend("{{kind}} {{ $labels.pool }} {{instance}} {{ $value | humanize }}"),
        set(&["kind", "pool"])
    );
}

//! The dependency rule as tables: which crate may know which, and where each technology may appear.
//!
//! `ARCHITECTURE.md` gives the reasons. A new crate needs a row in [`CRATES`]; a new technology one in [`TECHNOLOGIES`].

use super::graph::{Dependency, Graph};

const PREFIX: &str = "evently-auth-";

/// A crate of the house and the crates that it may know. What is not listed is forbidden.
const CRATES: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("clock", &["domain"]),
    ("contract", &["domain"]),
    ("crypto", &["domain"]),
    ("memory", &["domain"]),
    ("smtp", &["domain"]),
    ("sqlite", &["domain"]),
    ("config", &["domain"]),
    ("http", &["domain"]),
    ("worker", &["domain"]),
    ("cache", &["domain"]),
    ("postgres", &["domain"]),
    ("redis", &["domain"]),
    ("zero", &[]),
    ("services", &[]),
    ("simulation", &["clock", "domain", "memory"]),
    ("bench", &["services"]), // it knows the programs from outside alone
    (
        "wiring",
        &[
            "cache", "clock", "config", "crypto", "domain", "memory", "postgres", "redis", "smtp", "sqlite",
            "zero",
        ],
    ),
    ("server", &["config", "domain", "http", "wiring", "worker"]),
    ("xtask", &["config", "http", "services"]),
];

/// What the tests of any crate may use besides: adapters, and the suite that adapters must pass.
const IN_TESTS: &[&str] = &["clock", "contract", "crypto", "memory", "redis", "services", "smtp", "sqlite"];

/// A technology and the crates that may name it, tests included. A final `*` stands for any ending. `bench`, which nobody
/// ships, measures the bare technologies as references.
const TECHNOLOGIES: &[(&str, &[&str])] = &[
    ("actix*", &["http", "server"]),
    ("anyhow", &["bench", "server", "xtask"]), // libraries have error types
    ("argon2", &["crypto", "bench"]),
    ("bcrypt", &["crypto"]),
    ("deadpool*", &[]), // the pool of PostgreSQL is ours, see docs/decisions/0030
    ("diesel*", &["postgres", "sqlite"]),
    ("jwt-simple", &["crypto"]),
    ("lettre", &["smtp", "bench"]),
    ("libsqlite3-sys", &["sqlite"]),
    ("moka", &["cache"]),
    ("redis", &["redis", "bench"]),
    ("tokio-postgres*", &["postgres", "bench"]),
    ("tracing-actix-web", &["http", "server"]),
    ("utoipa*", &["http"]),
];

/// All that the domain may name: data, text and cryptographic primitives. Whoever embeds it gets this and no more.
const DOMAIN_NAMES: &[&str] = &[
    "async-trait",
    "base64",
    "chacha20poly1305",
    "chrono",
    "email_address",
    "hkdf",
    "hmac",
    "serde",
    "serde_json",
    "sha2",
    "subtle",
    "thiserror",
    "unicode-normalization",
    "zeroize",
    "zxcvbn",
];

/// What must not be built beneath the domain, however indirectly: runtimes, sockets, servers, stores.
const NEVER_BENEATH_DOMAIN: &[&str] = &[
    "actix*",
    "async-std",
    "diesel*",
    "hyper*",
    "lettre",
    "libsqlite3-sys",
    "mio",
    "openssl*",
    "redis",
    "reqwest",
    "rustls*",
    "smol",
    "socket2",
    "tokio*",
];

/// One sentence per violation, in the order of the members' names.
pub(super) fn violations(graph: &Graph) -> Vec<String> {
    let mut found = Vec::new();
    for (member, dependencies) in &graph.members {
        let Some((name, knows)) = row(member) else {
            found
                .push(format!("{member}: has no row in the table of crates (xtask/src/check_deps/rules.rs)"));
            continue;
        };
        for dependency in dependencies {
            found.extend(house(name, knows, dependency));
            found.extend(technology(name, dependency));
            if name == "domain" {
                found.extend(domain_name(dependency));
            }
        }
    }
    found.extend(beneath_domain(graph));
    found
}

fn row(member: &str) -> Option<(&'static str, &'static [&'static str])> {
    let folder = member.strip_prefix(PREFIX)?;
    CRATES.iter().find(|(name, _)| *name == folder).copied()
}

/// Members know whom the table lets them know; their tests may use adapters too.
fn house(name: &str, knows: &[&str], dependency: &Dependency) -> Option<String> {
    let other = dependency.name.strip_prefix(PREFIX)?;
    if knows.contains(&other) || (dependency.dev && IN_TESTS.contains(&other)) {
        return None;
    }
    let kind = if dependency.dev { "test " } else { "" };
    let allowed = if knows.is_empty() { "nobody".to_owned() } else { knows.join(", ") };
    Some(format!("{name} → {other} ({kind}dependency): {name} knows {allowed}"))
}

/// A technology is named by its owners alone.
fn technology(name: &str, dependency: &Dependency) -> Option<String> {
    let (_, owners) = TECHNOLOGIES.iter().find(|(pattern, _)| matches(pattern, &dependency.name))?;
    if owners.contains(&name) {
        return None;
    }
    let owners = if owners.is_empty() { "no crate yet".to_owned() } else { owners.join(", ") };
    Some(format!("{name} → {}: allowed in {owners}", dependency.name))
}

fn domain_name(dependency: &Dependency) -> Option<String> {
    let known = dependency.name.starts_with(PREFIX) || DOMAIN_NAMES.contains(&dependency.name.as_str());
    let wrong = !dependency.dev && !known;
    wrong.then(|| format!("domain → {}: not among the few crates that the domain may name", dependency.name))
}

fn beneath_domain(graph: &Graph) -> Vec<String> {
    let forbidden = |name: &str| NEVER_BENEATH_DOMAIN.iter().any(|pattern| matches(pattern, name));
    let beneath = graph.beneath(&format!("{PREFIX}domain")).into_iter();
    beneath
        .filter(|(name, _)| forbidden(name))
        .map(|(_, way)| format!("{way}: the domain has no runtime, no sockets, no store"))
        .collect()
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;

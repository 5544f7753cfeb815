//! The compose file beside the service, the balancer and the script that makes secrets.

use crate::documents::{items, members, text, yaml};
use crate::facts::Facts;
use crate::settings;
use crate::tree::Tree;
use serde_json::Value;

const COMPOSE: &str = "deploy/compose.yaml";
const BALANCER: &str = "deploy/nginx.conf";

pub(crate) fn problems(tree: &Tree, facts: &Facts) -> Vec<String> {
    let file = match yaml(tree, COMPOSE) {
        Ok(files) => files.into_iter().next().unwrap_or_default(),
        Err(error) => return vec![error],
    };
    let mut found = secrets(tree, &file);
    for (name, service) in members(&file, "/services") {
        let mut problems = depends_on(&file, service);
        problems.extend(parts(tree, &file, service));
        if text(service, "/image").starts_with("evently-auth:") {
            problems.extend(environment(service));
        }
        problems.extend(bare_secrets(service));
        found.extend(problems.into_iter().map(|problem| format!("{COMPOSE}: {name}: {problem}")));
    }
    found.extend(balanced(tree, &file, facts));
    found
}

/// Every secret is a file that the script makes.
fn secrets(tree: &Tree, file: &Value) -> Vec<String> {
    let script = tree.read("deploy/secrets.sh");
    let made = |name: &str| {
        [format!("make_secret {name}\n"), format!("put {name}\n")].iter().any(|line| script.contains(line))
    };
    members(file, "/secrets")
        .filter(|(name, secret)| text(secret, "/file") != format!("./secrets/{name}") || !made(name))
        .map(|(name, _)| format!("{COMPOSE}: secrets.sh does not make ./secrets/{name}"))
        .collect()
}

fn environment(service: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, value) in members(service, "/environment") {
        found.extend(settings::problem("environment", name));
        let secret = value.as_str().and_then(|value| value.strip_prefix("/run/secrets/"));
        if let Some(secret) = secret
            && !items(service, "/secrets").iter().any(|mounted| mounted == secret)
        {
            found.push(format!("{name}: the secret {secret} is not mounted"));
        }
    }
    found
}

/// Passwords in the open, in any service.
fn bare_secrets(service: &Value) -> Vec<String> {
    members(service, "/environment")
        .filter(|(name, _)| ["PASSWORD", "SECRET", "TOKEN"].iter().any(|word| name.contains(word)))
        .filter(|(name, _)| !name.ends_with("_FILE"))
        .map(|(name, _)| format!("{name} is a secret; name its file with {name}_FILE"))
        .collect()
}

fn depends_on(file: &Value, service: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (other, need) in members(service, "/depends_on") {
        let target = file.pointer(&format!("/services/{other}"));
        let healthy = text(need, "/condition") == "service_healthy";
        match target {
            None => found.push(format!("it depends on {other}, which is not there")),
            Some(target) if healthy && target.pointer("/healthcheck/test").is_none() => {
                found.push(format!("it waits for the health of {other}, which nobody checks"));
            }
            Some(_) => {}
        }
    }
    found
}

/// What every service has: a version, limits, a policy for restarts; and what it names is there.
fn parts(tree: &Tree, file: &Value, service: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let image = text(service, "/image");
    if image.split_once(':').is_none_or(|(_, tag)| tag.is_empty() || tag == "latest") {
        found.push(format!("the image {image} has no version"));
    }
    for limit in ["/deploy/resources/limits/memory", "/deploy/resources/limits/cpus", "/restart"] {
        if text(service, limit).is_empty() {
            found.push(format!("{limit} is missing"));
        }
    }
    let named = [("secrets", list(service, "/secrets")), ("networks", list(service, "/networks"))];
    for (place, names) in named {
        for name in names {
            if file.pointer(&format!("/{place}/{name}")).is_none() {
                found.push(format!("{name} is not declared under {place}"));
            }
        }
    }
    for volume in list(service, "/volumes") {
        let source = volume.split(':').next().unwrap_or_default();
        let there = match source.strip_prefix("./") {
            Some(path) => tree.has(&format!("deploy/{path}")),
            None => file.pointer(&format!("/volumes/{source}")).is_some(),
        };
        if !there {
            found.push(format!("the volume {source} is not there"));
        }
    }
    found
}

/// Names that stand in a list, or as members.
fn list(service: &Value, pointer: &str) -> Vec<String> {
    let listed = items(service, pointer).iter().filter_map(Value::as_str).map(str::to_owned);
    listed.chain(members(service, pointer).map(|(name, _)| name.to_owned())).collect()
}

/// The balancer's addresses are the servers', and the servers believe the balancer alone.
fn balanced(tree: &Tree, file: &Value, facts: &Facts) -> Vec<String> {
    let mut found = Vec::new();
    let address = |service: &Value| text(service, "/networks/proxy/ipv4_address").to_owned();
    let balancer = file.pointer("/services/balancer").map(address).unwrap_or_default();
    let config = tree.read(BALANCER);
    let mut upstream: Vec<_> = config
        .lines()
        .filter_map(|line| line.trim().strip_prefix("server ")?.split_whitespace().next())
        .filter(|word| word.contains(':'))
        .collect();
    upstream.sort_unstable();
    upstream.dedup();
    let mut servers = Vec::new();
    for (name, service) in members(file, "/services").filter(|(name, _)| name.starts_with("server-")) {
        servers.push(format!("{}:{}", address(service), Facts::port(false)));
        if text(service, "/environment/TRUSTED_PROXIES") != balancer {
            found
                .push(format!("{COMPOSE}: {name}: TRUSTED_PROXIES is not the balancer's address {balancer}"));
        }
    }
    servers.sort_unstable();
    if upstream != servers {
        found.push(format!("{BALANCER}: it asks {upstream:?}, the servers are {servers:?}"));
    }
    for path in config.lines().filter_map(|line| line.trim().strip_prefix("location = ")) {
        let path = path.trim_end_matches(" {");
        if !facts.routes.contains(path) {
            found.push(format!("{BALANCER}: the service has no route {path}"));
        }
    }
    found
}

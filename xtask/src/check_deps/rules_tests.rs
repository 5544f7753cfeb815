//! Each rule refuses a made-up workspace that breaks it, and that one alone.

use super::*;

/// A graph from lines `member > dependency` (`~>` for tests). Everything that is not for tests is linked as well.
fn graph(lines: &[&str]) -> Graph {
    let mut graph = Graph::default();
    for line in lines {
        let (member, name, dev) = match line.split_once(" ~> ") {
            Some((member, name)) => (member, name, true),
            None => line.split_once(" > ").map(|(member, name)| (member, name, false)).unwrap(),
        };
        if member.starts_with(PREFIX) {
            let dependency = Dependency { name: name.to_owned(), dev };
            graph.members.entry(member.to_owned()).or_default().push(dependency);
        }
        if !dev {
            graph.linked.entry(member.to_owned()).or_default().insert(name.to_owned());
        }
    }
    graph
}

/// The one violation that these lines contain.
#[track_caller]
fn refused(lines: &[&str]) -> String {
    let found = violations(&graph(lines));
    assert_eq!(found.len(), 1, "{found:?}");
    found.into_iter().next().unwrap()
}

#[track_caller]
fn accepted(lines: &[&str]) {
    assert_eq!(violations(&graph(lines)), Vec::<String>::new());
}

#[test]
fn the_house_as_designed_is_accepted() {
    accepted(&[
        "evently-auth-domain > serde",
        "evently-auth-domain ~> evently-auth-memory",
        "evently-auth-domain ~> tokio",
        "evently-auth-sqlite > evently-auth-domain",
        "evently-auth-sqlite > diesel",
        "evently-auth-sqlite ~> evently-auth-contract",
        "evently-auth-http > actix-web",
        "evently-auth-wiring > evently-auth-sqlite",
        "evently-auth-server > evently-auth-wiring",
        "evently-auth-server > anyhow",
        "evently-auth-xtask ~> evently-auth-http",
    ]);
}

#[test]
fn domain_knows_nobody() {
    let told = refused(&["evently-auth-domain > evently-auth-clock"]);
    assert_eq!(told, "domain → clock (dependency): domain knows nobody");
}

#[test]
fn adapters_do_not_know_each_other() {
    let told = refused(&["evently-auth-sqlite > evently-auth-crypto"]);
    assert_eq!(told, "sqlite → crypto (dependency): sqlite knows domain");
    accepted(&["evently-auth-sqlite ~> evently-auth-crypto"]);
}

#[test]
fn http_and_worker_do_not_know_adapters() {
    refused(&["evently-auth-http > evently-auth-memory"]);
    refused(&["evently-auth-worker > evently-auth-smtp"]);
}

#[test]
fn contract_ships_with_nobody() {
    refused(&["evently-auth-wiring > evently-auth-contract"]);
    accepted(&["evently-auth-wiring ~> evently-auth-contract"]);
}

#[test]
fn the_benchmark_ships_with_nobody_and_knows_the_service_from_outside() {
    refused(&["evently-auth-server > evently-auth-bench"]);
    refused(&["evently-auth-server ~> evently-auth-bench"]);
    refused(&["evently-auth-bench > evently-auth-crypto"]);
    accepted(&["evently-auth-bench > evently-auth-services", "evently-auth-bench > argon2"]);
}

#[test]
fn simulation_ships_with_nobody() {
    refused(&["evently-auth-wiring > evently-auth-simulation"]);
    refused(&["evently-auth-server ~> evently-auth-simulation"]);
    accepted(&["evently-auth-simulation > evently-auth-memory"]);
}

#[test]
fn tests_reach_adapters_but_not_what_is_above() {
    let told = refused(&["evently-auth-sqlite ~> evently-auth-wiring"]);
    assert_eq!(told, "sqlite → wiring (test dependency): sqlite knows domain");
}

#[test]
fn a_new_crate_needs_a_row() {
    assert!(refused(&["evently-auth-extra > serde"]).contains("no row"));
}

#[test]
fn technologies_stay_with_their_owners() {
    assert_eq!(refused(&["evently-auth-http > diesel"]), "http → diesel: allowed in postgres, sqlite");
    refused(&["evently-auth-wiring > diesel_migrations"]);
    refused(&["evently-auth-worker ~> lettre"]);
    refused(&["evently-auth-wiring > actix-cors"]);
    refused(&["evently-auth-wiring > tracing-actix-web"]);
    refused(&["evently-auth-http > jwt-simple"]);
    refused(&["evently-auth-crypto > anyhow"]);
    assert_eq!(refused(&["evently-auth-memory > redis"]), "memory → redis: allowed in redis, bench");
}

#[test]
fn domain_names_a_few_crates() {
    assert!(refused(&["evently-auth-domain > rand"]).starts_with("domain → rand: not among"));
}

#[test]
fn no_runtime_beneath_the_domain() {
    let told = refused(&["evently-auth-domain > chrono", "chrono > helper", "helper > tokio-util"]);
    assert!(told.starts_with("evently-auth-domain → chrono → helper → tokio-util: "), "{told}");
}

#[test]
fn a_star_stands_for_any_ending() {
    assert!(matches("actix*", "actix-web") && matches("actix*", "actix"));
    assert!(!matches("redis", "redis-test") && !matches("actix*", "tracing-actix-web"));
}

//! The real binaries, started by tests, and clients that talk to them.

mod embedded;
mod process;
mod production;
mod site;
mod tap;

pub(crate) use embedded::{Server, command, run};
pub(crate) use process::Process;
pub(crate) use production::Production;
pub(crate) use site::{Mailbox, Site, Tokens};
pub(crate) use tap::{Asked, Tap};

use reqwest::blocking::Response;
use serde_json::Value;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_evently-auth");
pub(crate) const WORKER: &str = env!("CARGO_BIN_EXE_evently-auth-worker");
pub(crate) const PASSWORD: &str = "turning wheels by steam";

/// Limits that no journey meets, and the cheapest hash that is still Argon2id: no journey is about its cost.
const GENEROUS: [(&str, &str); 10] = [
    ("RATE_LIMIT_REGISTER", "1000"),
    ("RATE_LIMIT_VERIFY", "1000"),
    ("RATE_LIMIT_RESEND", "1000"),
    ("RATE_LIMIT_RESEND_ADDRESS", "1000"),
    ("RATE_LIMIT_PASSWORD", "1000"),
    ("RATE_LIMIT_LOGIN", "1000"),
    ("RATE_LIMIT_LOGIN_ACCOUNT", "10000"),
    ("RATE_LIMIT_LOGIN_ADDRESS", "10000"),
    ("ARGON2_MEMORY_KIB", "7168"),
    ("ARGON2_ITERATIONS", "1"),
];

pub(crate) fn address(name: &str) -> String {
    format!("{name}@example.com")
}

/// The body of an answer that has to have this status.
pub(crate) fn body(response: Response, status: u16) -> Value {
    let (got, url) = (response.status().as_u16(), response.url().clone());
    let text = response.text().unwrap();
    assert_eq!(got, status, "{url}: {text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{url}: {error}: {text}"))
}

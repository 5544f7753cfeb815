//! The README's commands, run as printed but for ports.

use crate::harness::{BINARY, Production, Server};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

/// The blocks of commands under a heading of the README.
fn commands(heading: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let section = readme.split(heading).nth(1).expect("the heading").split("\n## ").next().unwrap();
    section.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn production_works_as_printed() {
    let site = Production::prepare_empty();
    // The first block opens the shell that the others are typed into.
    let mut script = commands("## Production").split_off(1).concat();
    for port in ["8000", "8001", "8002", "8003"] {
        assert!(script.contains(port), "the section names the ports: {script}");
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        script = script.replace(port, &free.to_string());
    }
    let binaries = Path::new(BINARY).parent().unwrap().to_str().unwrap();
    let script = script.replace("$PWD/target/debug", binaries);
    let mut bash = site.command("bash", &["-euo", "pipefail", "-c", &script]);
    let ran = bash.env("PATH", std::env::var_os("PATH").unwrap()).output().unwrap();
    let (output, log) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{output}\n{log}");
    assert!(output.starts_with("Applied "), "{output}");
    assert_eq!(output.matches("\"status\":\"healthy\"").count(), 3, "{output}");
    assert!(output.contains("\"is_verified\":false"), "{output}");
    assert!(output.contains("email-unverified") && output.contains(" 403\n"), "{output}");
    assert!(output.contains("ada@example.com"), "{output}");
}

#[test]
fn the_journey_works_as_printed() {
    let script = commands("## A journey").concat();
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    assert!(script.contains("http://127.0.0.1:8000"), "the journey names the address: {script}");
    let script = script.replace("http://127.0.0.1:8000", &server.bases[0]);
    let ran = Command::new("bash").args(["-euo", "pipefail", "-c", &script]).output().unwrap();
    let output = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{output}\n{}", String::from_utf8_lossy(&ran.stderr));
    for expected in [
        "\"is_verified\":false",
        "\"verified\":true",
        "\"email\":\"ada@example.com\"",
        "\"current\":true",
        "Successfully logged out",
        "\"status\":401",
    ] {
        assert!(output.contains(expected), "{expected} is not in {output}");
    }
}

//! The README's journey, run as printed but for the port.

use crate::harness::Server;
use std::path::Path;
use std::process::Command;

#[test]
fn the_journey_works_as_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let journey = readme.split("## A journey").nth(1).expect("a journey").split("\n## ").next().unwrap();
    let script: String =
        journey.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    assert!(script.contains("http://127.0.0.1:8000"), "the journey names the address: {script}");
    let script = script.replace("http://127.0.0.1:8000", &server.base);
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

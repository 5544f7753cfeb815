//! The commands of those who run it.

use crate::harness::{PASSWORD, Server, body, run};
use serde_json::Value;
use std::path::Path;

fn lines(folder: &Path, args: &[&str]) -> String {
    let ended = run(folder, args, "");
    assert!(ended.status.success(), "{args:?}: {ended:?}");
    String::from_utf8(ended.stdout).unwrap()
}

#[test]
fn help_explains_each_command() {
    let folder = tempfile::tempdir().unwrap();
    for args in [
        &["--help"][..],
        &["serve", "--help"],
        &["migrate", "down", "--help"],
        &["admin", "create", "--help"],
        &["mail", "list", "--help"],
        &["mail", "retry", "--help"],
        &["audit", "verify", "--help"],
    ] {
        assert!(lines(folder.path(), args).contains("Usage: evently-auth"), "{args:?}");
    }
}

#[test]
fn what_looks_after_a_database_does_not_make_one() {
    let folder = tempfile::tempdir().unwrap();
    for args in [&["audit", "verify"][..], &["mail", "list"], &["mail", "retry", "--all"]] {
        let ended = run(folder.path(), args, "");
        assert_eq!(ended.status.code(), Some(1), "{args:?}");
        assert!(String::from_utf8_lossy(&ended.stderr).contains("there is no database at"), "{ended:?}");
    }
    assert!(!folder.path().join("data").exists());
}

#[test]
fn migrations_go_up_and_down() {
    let folder = tempfile::tempdir().unwrap();
    assert!(lines(folder.path(), &["migrate", "status"]).starts_with("missing"));
    assert!(lines(folder.path(), &["migrate", "up"]).starts_with("Applied"));
    assert_eq!(lines(folder.path(), &["migrate", "up"]), "Nothing to do.\n");
    assert!(lines(folder.path(), &["migrate", "status"]).starts_with("applied"));
    assert!(lines(folder.path(), &["migrate", "down"]).starts_with("Took back"));
    assert!(lines(folder.path(), &["migrate", "up"]).starts_with("Applied"));
}

#[test]
fn an_administrator_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["admin", "create", "--email", "root@example.com", "--username", "root", "--password-stdin"];
    let weak = run(folder.path(), &args, "password\n");
    assert_eq!(weak.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&weak.stderr).contains("easy to guess"), "{weak:?}");
    assert!(run(folder.path(), &args, PASSWORD).status.success());
    let again = run(folder.path(), &args, PASSWORD);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("exists already"), "{again:?}");
    let server = Server::start(folder.path(), &[]);
    let root = server.log_in("root", PASSWORD);
    assert_eq!(body(server.me(&root), 200)["role"], "admin");
}

#[test]
fn mails_are_listed_without_their_content() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    server.register("grace");
    let code = server.code("grace@example.com");
    let table = server.wait_for("a sent mail", || {
        let table = lines(folder.path(), &["mail", "list", "--status", "sent"]);
        table.contains("verification_code").then_some(table)
    });
    assert!(table.contains("grace@example.com") && !table.contains(&code));
    let mails: Value = serde_json::from_str(&lines(folder.path(), &["mail", "list", "--json"])).unwrap();
    assert_eq!((&mails[0]["status"], &mails[0]["attempts"]), (&"sent".into(), &1.into()));
    assert_eq!(run(folder.path(), &["mail", "retry", "1"], "").status.code(), Some(1));
    assert_eq!(lines(folder.path(), &["mail", "retry", "--all"]), "0 dead mails will be sent again.\n");
}

#[test]
fn the_audit_is_sealed_and_verified() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    server.signed_in("grace");
    let seal = server.wait_for("a seal", || {
        let text = lines(folder.path(), &["audit", "verify"]);
        assert!(text.starts_with("The audit is intact"), "{text}");
        text.lines().find_map(|line| line.strip_prefix("Sealed up to ")).map(str::to_owned)
    });
    let expect = |seal: &str| run(folder.path(), &["audit", "verify", "--expect", seal], "");
    assert!(expect(&seal).status.success());
    let other = expect(&format!("1:{}", "0".repeat(64)));
    assert_eq!(other.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&other.stdout).starts_with("seal 1 is not the one that is expected\n"));
    assert_eq!(expect("1:xyz").status.code(), Some(2));
}

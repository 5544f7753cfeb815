//! Starting and stopping: what is made, what is refused, how it ends.

use crate::harness::{Process, Server, WORKER, body, command, run};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

#[test]
fn the_first_start_makes_what_it_needs_and_keeps_it_private() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let mode = |path: &str| folder.path().join(path).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("data"), 0o700);
    for file in ["data/evently-auth.db", "data/keys/jwt-secret", "data/keys/secret-key"] {
        assert_eq!(mode(file), 0o600, "{file}");
    }
    let health = body(server.get("/health").send().unwrap(), 200);
    assert_eq!((&health["status"], &health["redis"]), (&"healthy".into(), &"embedded".into()));
}

#[test]
fn it_stops_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let (success, _) = Server::start(folder.path(), &[]).stop();
    assert!(success);
}

#[test]
fn a_wrong_value_stops_the_start_with_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (name, value, expected) in [
        ("PORT", "many", "PORT is \"many\""),
        ("PORT", port.as_str(), "cannot listen on 127.0.0.1:"),
        ("JWT_SECRET", "short", "JWT_SECRET has a value (not shown)"),
        ("DATABASE_URL", "mysql://localhost/auth", "DATABASE_URL has a value (not shown)"),
        ("DATA_DIR", "/proc/nowhere", "DATA_DIR takes a folder"),
    ] {
        let ended = command(folder.path(), &[]).env(name, value).output().unwrap();
        let errors = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{name}={value}: {errors}");
        let last = errors.lines().last().unwrap();
        assert!(last.starts_with("evently-auth: ") && last.contains(expected), "{name}={value}: {errors}");
    }
}

/// Production mode whose servers are all away.
const AWAY: [(&str, &str); 4] = [
    ("DATABASE_URL", "postgres://auth:kR7vbn2Lq9@127.0.0.1:1/auth"),
    ("REDIS_URL", "redis://127.0.0.1:1"),
    ("JWT_SECRET", "kR7vbn2Lq9sXw4TzY8mPc6HdJf3GaEu5"),
    ("SECRET_KEY", "Zx5Qw8Er2Ty7Ui3Op9As4Df6Gh1Jk0Lc"),
];

#[test]
fn a_database_that_is_away_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let ended = command(folder.path(), &["mail", "list"]).envs(AWAY).output().unwrap();
    let errors = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{errors}");
    let last = errors.lines().last().unwrap();
    assert_eq!(last.matches("127.0.0.1:1/auth").count(), 1, "{last}");
    let server = Process::start(command(folder.path(), &["serve"]).envs(AWAY));
    server.wait_for_line(|line| line.contains("the database is away").then_some(()));
    server.wait_for_line(|line| line.contains("listening").then_some(()));
}

#[test]
fn the_worker_says_what_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    for (env, expected) in [(&[][..], "no database is configured"), (&AWAY[..], "SMTP_HOST is not set")] {
        let ended = Command::new(WORKER)
            .env_clear()
            .envs(env.iter().copied())
            .current_dir(folder.path())
            .output()
            .unwrap();
        let errors = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{errors}");
        let last = errors.lines().last().unwrap();
        assert!(last.starts_with("evently-auth-worker: ") && last.contains(expected), "{errors}");
    }
}

#[test]
fn wrong_usage_ends_with_two() {
    let folder = tempfile::tempdir().unwrap();
    for args in [
        &["fly"][..],
        &["migrate"],
        &["migrate", "down", "--steps", "0"],
        &["admin", "create", "--email", "no address", "--username", "root", "--password-stdin"],
        &["admin", "create", "--email", "root@example.com", "--username", "root"],
        &["mail", "retry"],
        &["mail", "retry", "1", "--all"],
        &["mail", "list", "--status", "lost"],
    ] {
        assert_eq!(run(folder.path(), args, "").status.code(), Some(2), "{args:?}");
    }
}

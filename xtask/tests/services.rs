//! `cargo xtask services`: what it tells, whose exit code it returns, and that it leaves nothing running.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

fn xtask() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("services");
    command
}

/// The port of each server that a line names: `NAME=…:port`, with a database or other nodes behind it.
fn ports(lines: &[String]) -> Vec<u16> {
    let servers = ["TEST_DATABASE_URL=", "TEST_REDIS_URL=", "TEST_REDIS_CLUSTER_NODES=", "SMTP_PORT="];
    let values = lines.iter().filter(|line| servers.iter().any(|server| line.contains(server)));
    let parts = values.flat_map(|line| line.split(['=', ':', '/', ',', '@', '\'']));
    parts.filter(|part| part.len() <= 5).filter_map(|part| part.parse().ok()).collect()
}

fn is_open(port: &u16) -> bool {
    TcpStream::connect(("127.0.0.1", *port)).is_ok()
}

#[test]
fn a_command_is_told_where_they_are_and_ends_them() {
    let output = xtask().args(["--", "sh", "-c", "env; exit 7"]).output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{output:?}");
    let lines: Vec<_> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    let of = |name: &str| lines.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap();
    assert!(of("DATABASE_URL").ends_with("/evently_auth"));
    assert_eq!(of("REDIS_URL"), of("TEST_REDIS_URL"));
    assert_eq!(of("SMTP_USE_TLS"), "false");
    assert!(of("SECRET_KEY") != of("JWT_SECRET") && of("SECRET_KEY").len() == 64);
    let ports = ports(&lines);
    assert_eq!(ports.len(), 6, "{ports:?}");
    assert!(!ports.iter().any(is_open), "still there: {ports:?}");
}

#[test]
fn without_a_command_they_stay_until_it_is_interrupted() {
    let mut servers = xtask().stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(servers.stdout.take().unwrap()).lines().map(Result::unwrap);
    let lines: Vec<_> = out.by_ref().take_while(|line| !line.starts_with("# Ctrl-C")).collect();
    assert!(lines.iter().filter(|line| line.starts_with("export ")).count() >= 9, "{lines:?}");
    let ports = ports(&lines);
    assert_eq!(ports.len(), 6, "{ports:?}");
    assert!(ports.iter().all(is_open));

    kill(Pid::from_raw(servers.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    assert_eq!(servers.wait().unwrap().code(), Some(130));
    assert!(!ports.iter().any(is_open), "still there: {ports:?}");
}

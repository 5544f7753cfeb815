//! The machine that the figures come from.

use std::fs;
use std::num::NonZeroUsize;
use std::process::Command;

use evently_auth_services::{postgres_programs, redis_programs};
use serde::Serialize;

/// What a reader has to know to compare.
#[derive(Serialize)]
pub(crate) struct Machine {
    cpu: String,
    cores: usize,
    memory_gib: u64,
    kernel: String,
    postgres: String,
    redis: String,
    wrk: String,
    /// `kernel.sched_autogroup_enabled`: with 1 each session has as large a share of a core as any other, whatever the
    /// niceness of its threads, and each connection to PostgreSQL is a session.
    autogroup: String,
    /// Of the minute before: what else the machine was doing when the run began.
    load_before: String,
}

impl Machine {
    pub(crate) fn look() -> Self {
        let cpuinfo = read("/proc/cpuinfo");
        let memory_kib: u64 =
            after(&read("/proc/meminfo"), "MemTotal:").trim_end_matches(" kB").parse().unwrap_or(0);
        let postgres = postgres_programs().map(|folder| folder.join("postgres"));
        Self {
            cpu: after(&cpuinfo, "model name").trim_start_matches(": ").to_owned(),
            cores: cores(),
            memory_gib: memory_kib.div_ceil(1024 * 1024),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            postgres: postgres
                .map(|program| version(Command::new(program).arg("--version")))
                .unwrap_or_default(),
            redis: redis_programs()
                .map(|program| version(Command::new(program).arg("--version")))
                .unwrap_or_default(),
            wrk: version(Command::new("wrk").arg("--version")),
            autogroup: read("/proc/sys/kernel/sched_autogroup_enabled").trim().to_owned(),
            load_before: read("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned(),
        }
    }

    /// On one line.
    pub(crate) fn line(&self) -> String {
        let Self { cpu, cores, memory_gib, kernel, postgres, redis, wrk, autogroup, load_before } = self;
        format!(
            "{cpu}, {cores} cores, {memory_gib} GiB, Linux {kernel}, PostgreSQL {postgres}, Redis {redis}, wrk {wrk}; \
             sched_autogroup_enabled={autogroup}; load before the run {load_before}"
        )
    }
}

/// How many threads this process may run at a time.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// What follows `name` on the first line that begins with it.
fn after(text: &str, name: &str) -> String {
    text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned()
}

/// The first word that looks like a version; wrk prints its own with an exit code of 1.
fn version(command: &mut Command) -> String {
    let text = command.output().map(|output| output.stdout).unwrap_or_default();
    first_version(&String::from_utf8_lossy(&text))
}

fn first_version(text: &str) -> String {
    let words = text.split([' ', '=', '/', '\n']).map(|word| word.trim_start_matches('v'));
    let mut versions =
        words.filter(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.'));
    versions.next().unwrap_or("?").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_programs_say() {
        assert_eq!(first_version("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), "15.14");
        assert_eq!(first_version("Redis server v=7.0.15 sha=00000000:0"), "7.0.15");
        assert_eq!(first_version("wrk debian/4.1.0-3 [epoll] Copyright (C) 2012 Will Glozer"), "4.1.0-3");
        assert_eq!(first_version(""), "?");
    }
}

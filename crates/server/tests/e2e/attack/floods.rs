//! Bodies that are as long as a sender likes, from many of them at once: a process keeps nothing of them.
//!
//! What counts is the most memory that it ever had, as the kernel notes it: what is kept for a moment counts as
//! well.

use super::crowd::at_once;
use super::raw::Raw;
use super::wire::assert_well;
use crate::harness::Process;
use std::time::Duration;

/// How many send at once, and how much each of them does, in MiB: 512 in all.
const SENDERS: usize = 32;
const EACH: usize = 16;
/// How much memory all of this may take, in MiB: whoever keeps 4 MiB of each takes 128.
const GROWTH: u64 = 80;

const HEAD: &str = "Host: x\r\nContent-Type: application/json\r\n";

/// Sends them to `routes` of the process that listens at `base`, where each gets one of `answers` or none.
pub(super) fn fill_nothing(base: &str, process: &Process, routes: &[&str], answers: &[u16]) {
    let before = memory(process, "VmRSS");
    let piece = "x".repeat(1 << 20);
    let chunk = format!("100000\r\n{piece}\r\n");
    let statuses = at_once(SENDERS, |number| {
        let route = routes[number / 2 % routes.len()];
        let (length, piece) = if number % 2 == 0 {
            (format!("Content-Length: {}", EACH << 20), &piece)
        } else {
            ("Transfer-Encoding: chunked".to_owned(), &chunk)
        };
        let mut raw = Raw::connect(base);
        raw.say(format!("POST {route} HTTP/1.1\r\n{HEAD}{length}\r\n\r\n"));
        for _ in 0..EACH {
            if !raw.is_closed {
                raw.say(piece);
            }
        }
        if number % 2 == 1 && !raw.is_closed {
            raw.say("0\r\n\r\n");
        }
        // Who writes on when the server has closed may lose its answer.
        raw.is_closed = false;
        raw.hear(Duration::from_secs(20), |heard| heard.ends_with('}'));
        raw.statuses()
    });
    for status in &statuses {
        let is_one = matches!(status[..], [one] if answers.contains(&one));
        assert!(status.is_empty() || is_one, "{statuses:?}");
    }
    assert_well(base, "floods");
    let most = memory(process, "VmHWM");
    println!("memory: {before} MiB before, {most} MiB at most");
    assert!(most < before + GROWTH, "grew from {before} to {most} MiB");
}

/// What the kernel notes of the process' memory under this name, in MiB.
fn memory(process: &Process, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    let kib: u64 = line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap();
    kib / 1024
}

//! CPU time of processes alone, from `/proc`: exact to the nanosecond, summed over their threads.
//!
//! What a thread used that ended in between is lost; the servers' threads stay.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// How much CPU time the threads of some processes have used so far.
pub(crate) struct Cpu(HashMap<(i32, i32), u64>);

impl Cpu {
    /// As it stands now.
    pub(crate) fn of(pids: &[i32]) -> Self {
        let threads = |pid: i32| {
            numbers(Path::new(&format!("/proc/{pid}/task"))).into_iter().map(move |tid| (pid, tid))
        };
        Self(pids.iter().copied().flat_map(threads).filter_map(used).collect())
    }

    /// The same of one thread.
    pub(crate) fn of_thread(pid: i32, tid: i32) -> Self {
        Self(used((pid, tid)).into_iter().collect())
    }

    /// The same of the threads of a process that have this name.
    pub(crate) fn of_threads_named(pid: i32, name: &str) -> Self {
        let is_it = |tid: &i32| {
            fs::read_to_string(format!("/proc/{pid}/task/{tid}/comm"))
                .is_ok_and(|comm| comm.trim_end() == name)
        };
        let threads = numbers(Path::new(&format!("/proc/{pid}/task"))).into_iter().filter(is_it);
        Self(threads.filter_map(|tid| used((pid, tid))).collect())
    }

    /// What was used since `earlier`; a thread that began meanwhile counts in full.
    pub(crate) fn since(&self, earlier: &Self) -> Duration {
        let used = |(thread, now): (&(i32, i32), &u64)| {
            now.saturating_sub(earlier.0.get(thread).copied().unwrap_or(0))
        };
        Duration::from_nanos(self.0.iter().map(used).sum())
    }
}

/// How often the threads of a process have gone to sleep so far, each of which ended with a wake-up.
pub(crate) fn sleeps(pid: i32) -> u64 {
    let threads = numbers(Path::new(&format!("/proc/{pid}/task"))).into_iter();
    let texts = threads.filter_map(|tid| fs::read_to_string(format!("/proc/{pid}/task/{tid}/status")).ok());
    texts.filter_map(|text| voluntary(&text)).sum()
}

fn voluntary(status: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?.trim().parse().ok()
}

/// The processes of PostgreSQL that serve clients of `database`.
pub(crate) fn backends(database: &str) -> Vec<i32> {
    let serves = |pid: &i32| {
        let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        is_backend(&line, database)
    };
    numbers(Path::new("/proc")).into_iter().filter(serves).collect()
}

fn used((pid, tid): (i32, i32)) -> Option<((i32, i32), u64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{tid}/schedstat")).ok()?;
    Some(((pid, tid), on_cpu(&text)?))
}

/// The first of three numbers: nanoseconds on a CPU, see Documentation/scheduler/sched-stats of Linux.
fn on_cpu(schedstat: &str) -> Option<u64> {
    schedstat.split_ascii_whitespace().next()?.parse().ok()
}

/// `postgres: user database address state` is what a backend calls itself.
fn is_backend(command: &str, database: &str) -> bool {
    let mut words = command.split([' ', '\0']);
    words.next() == Some("postgres:") && words.nth(1) == Some(database)
}

fn numbers(folder: &Path) -> Vec<i32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_counts() {
        assert_eq!(on_cpu("1873564 9876 12\n"), Some(1_873_564));
        assert_eq!(on_cpu(""), None);
    }

    #[test]
    fn sleeps_are_those_that_a_thread_chose() {
        let status = "Name:\tx\nvoluntary_ctxt_switches:\t42\nnonvoluntary_ctxt_switches:\t7\n";
        assert_eq!(voluntary(status), Some(42));
        assert_eq!(voluntary("nonvoluntary_ctxt_switches:\t7\n"), None);
    }

    #[test]
    fn backends_are_told_by_their_database() {
        assert!(is_backend("postgres: evently bench1 127.0.0.1(4242) idle\0", "bench1"));
        for other in
            ["postgres: evently bench11 127.0.0.1(4242) idle", "postgres: checkpointer ", "bash bench1", ""]
        {
            assert!(!is_backend(other, "bench1"), "{other}");
        }
    }

    #[test]
    fn threads_are_told_by_their_names() {
        let pid = i32::try_from(std::process::id()).unwrap();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let named = std::thread::Builder::new().name("cpu-test-thread".to_owned());
        let thread = named.spawn(move || ended.recv().is_err()).unwrap();
        while Cpu::of_threads_named(pid, "cpu-test-thread").0.is_empty() {
            std::thread::yield_now();
        }
        assert_eq!(Cpu::of_threads_named(pid, "cpu-test-thread").0.len(), 1);
        assert!(Cpu::of_threads_named(pid, "cpu-test").0.is_empty());
        drop(end);
        assert!(thread.join().unwrap());
    }

    #[test]
    fn work_shows() {
        let pid = i32::try_from(std::process::id()).unwrap();
        let (before, begun) = (Cpu::of(&[pid]), std::time::Instant::now());
        while Cpu::of(&[pid]).since(&before) < Duration::from_millis(5) {
            assert!(begun.elapsed() < Duration::from_secs(60), "a minute of work does not show");
        }
        assert_eq!(before.since(&Cpu::of(&[pid])), Duration::ZERO);
    }
}

//! Processes that end with us, and signals that reach their children too.
//!
//! PostgreSQL gives every backend a session and a process group of its own, so a signal to a group reaches one process.
//! Signals here go to the tree below a process instead, read from `/proc`.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{LazyLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid};

use crate::{Error, programs};

/// How long a signal that cannot be refused may take to have its effect.
const SIGNAL_LIMIT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(2);

/// Whose rights a process has.
#[derive(Clone, Copy)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Account {
    /// For servers that refuse to run as root: nothing when we are not root, else `postgres` or `nobody`.
    pub(crate) fn unprivileged() -> Result<Option<Self>, Error> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        for name in ["postgres", "nobody"] {
            let user = User::from_name(name).map_err(io::Error::from);
            if let Some(user) = user.map_err(Error::system(format!("cannot look up the user {name}")))? {
                return Ok(Some(Self { uid: user.uid.as_raw(), gid: user.gid.as_raw() }));
            }
        }
        let source = io::Error::from(io::ErrorKind::NotFound);
        Err(Error::System { what: "there is neither a user postgres nor nobody".to_owned(), source })
    }
}

/// `program` with the rights of `account`, to be sent `on_death` by the kernel when we die, however we die.
pub(crate) fn command(program: &Path, account: Option<Account>, on_death: Signal) -> Result<Command, Error> {
    let mut command = Command::new(programs::setpriv()?);
    command.args(["--pdeathsig", on_death.as_str().trim_start_matches("SIG")]);
    if let Some(Account { uid, gid }) = account {
        command.arg(format!("--reuid={uid}")).arg(format!("--regid={gid}")).arg("--clear-groups");
    }
    command.arg("--").arg(program).env("LC_ALL", "C.UTF-8");
    Ok(command)
}

/// Starts the command. The kernel counts the death of the *thread* that started a process, and threads of a test or of
/// a runtime come and go; so one thread that stays as long as this process starts all of them.
pub(crate) fn spawn(command: Command) -> io::Result<Child> {
    type Job = (Command, mpsc::Sender<io::Result<Child>>);
    static SPAWNER: LazyLock<mpsc::Sender<Job>> = LazyLock::new(|| {
        let (jobs, queue) = mpsc::channel::<Job>();
        thread::spawn(move || {
            for (mut command, answer) in queue {
                let _ = answer.send(command.spawn());
            }
        });
        jobs
    });
    let (answer, answered) = mpsc::channel();
    SPAWNER.send((command, answer)).map_err(io::Error::other)?;
    answered.recv().map_err(io::Error::other)?
}

/// Sends one signal to one process; one that is gone already is no failure.
pub(crate) fn signal(pid: i32, signal: Signal) {
    let _ = kill(Pid::from_raw(pid), signal);
}

/// Stops (SIGSTOP) the process and everything below it, and returns when all of it stands still.
pub(crate) fn freeze(root: i32) {
    for_tree(root, |pid| {
        signal(pid, Signal::SIGSTOP);
        // Only then its children are counted: what stands still has no more of them.
        wait(|| state(pid).is_none_or(|state| matches!(state, 'T' | 't' | 'Z' | 'X')));
    });
}

/// Lets the process and everything below it go on.
pub(crate) fn thaw(root: i32) {
    for_tree(root, |pid| signal(pid, Signal::SIGCONT));
}

/// Kills (SIGKILL) the process and everything below it. The caller waits for the process itself.
pub(crate) fn kill_tree(root: i32) {
    freeze(root); // so that nothing is born meanwhile
    let mut tree = Vec::new();
    for_tree(root, |pid| tree.push(pid));
    for pid in &tree {
        signal(*pid, Signal::SIGKILL);
    }
    // A new PostgreSQL refuses to start while a backend of the old one still holds its shared memory.
    wait(|| tree.iter().all(|pid| state(*pid).is_none_or(|state| matches!(state, 'Z' | 'X'))));
}

fn wait(done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() && start.elapsed() < SIGNAL_LIMIT {
        thread::sleep(PAUSE);
    }
}

/// Parents before children; a process's children are looked up after `act` was done to it.
fn for_tree(root: i32, mut act: impl FnMut(i32)) {
    let mut found = vec![root];
    while let Some(pid) = found.pop() {
        act(pid);
        found.extend(children(pid));
    }
}

fn children(parent: i32) -> Vec<i32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| stat(*pid).is_some_and(|(_, above)| above == parent)).collect()
}

fn state(pid: i32) -> Option<char> {
    stat(pid).map(|(state, _)| state)
}

/// State and parent of a process, see proc_pid_stat(5); its name stands in parentheses and may contain anything.
fn stat(pid: i32) -> Option<(char, i32)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shell with a child of its own.
    fn family() -> (Child, i32, i32) {
        let mut shell = Command::new("sh");
        shell.args(["-c", "sleep 60 & wait"]);
        let child = spawn(shell).unwrap();
        let root = i32::try_from(child.id()).unwrap();
        wait(|| children(root).len() == 1);
        let below = children(root)[0];
        (child, root, below)
    }

    #[test]
    fn signals_reach_the_children_too() {
        let (mut child, root, below) = family();
        freeze(root);
        assert_eq!((state(root), state(below)), (Some('T'), Some('T')));
        thaw(root);
        wait(|| state(root) != Some('T') && state(below) != Some('T'));
        assert!(state(root) != Some('T') && state(below) != Some('T'));
        kill_tree(root);
        child.wait().unwrap();
        assert!(state(root).is_none());
        assert!(state(below).is_none_or(|state| state == 'Z'));
    }

    #[test]
    fn what_is_frozen_can_be_killed() {
        let (mut child, root, below) = family();
        freeze(root);
        kill_tree(root);
        child.wait().unwrap();
        assert!(state(below).is_none_or(|state| state == 'Z'));
    }
}

//! One server process: started, waited for, stopped, killed, frozen and started again, with bounded waits.

use std::fs::{self, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::Error;
use crate::process::{self, Account};

/// How long a server may take to answer, or to stop.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);
/// How long it may take to go when its handle is dropped, before it is killed.
const DROP_LIMIT: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(10);
/// How much of a log goes into an error.
const LOG_LINES: usize = 20;

/// How to run it.
pub(crate) struct Recipe {
    pub(crate) name: &'static str,
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<String>,
    pub(crate) account: Option<Account>,
    pub(crate) port: u16,
    pub(crate) folder: PathBuf,
    pub(crate) log: PathBuf,
    /// Asks it to finish what it does and end.
    pub(crate) stop: Signal,
    /// Ends it without further ado; also sent by the kernel when we die.
    pub(crate) end: Signal,
}

/// A server that runs, or does not run at the moment. Dropped, it runs no more.
pub(crate) struct Server {
    recipe: Recipe,
    running: Mutex<Option<Child>>,
}

impl Server {
    pub(crate) fn new(recipe: Recipe) -> Self {
        Self { recipe, running: Mutex::new(None) }
    }

    /// Starts the process, unless it runs. It may need some time until it answers: see [`Server::until`].
    pub(crate) fn spawn(&self) -> Result<(), Error> {
        let mut running = self.running();
        if let Some(child) = running.as_mut() {
            if let Ok(None) = child.try_wait() {
                return Ok(());
            }
            *running = None;
        }
        let recipe = &self.recipe;
        // Anew each time: what it says is about this start.
        let log = OpenOptions::new().create(true).write(true).truncate(true).open(&recipe.log);
        let log = log.map_err(Error::system("cannot write the server's log"))?;
        let too = log.try_clone().map_err(Error::system("cannot write the server's log"))?;
        let mut command: Command = process::command(&recipe.program, recipe.account, recipe.end)?;
        command.args(&recipe.args).current_dir(&recipe.folder);
        command.stdin(Stdio::null()).stdout(log).stderr(too);
        command.process_group(0); // Ctrl-C in a terminal is for us: we stop it in our time
        let child = process::spawn(command);
        *running = Some(child.map_err(Error::system(format!("cannot start {}", recipe.name)))?);
        Ok(())
    }

    /// Waits until `ask` says yes.
    pub(crate) async fn until(&self, state: &'static str, ask: impl AsyncFn() -> bool) -> Result<(), Error> {
        let start = Instant::now();
        while start.elapsed() < LIMIT {
            self.check_alive()?;
            // What is asked may hang: a time-out of its own keeps the limit above.
            if tokio::time::timeout(Duration::from_secs(5), ask()).await.unwrap_or(false) {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(self.late(state))
    }

    fn check_alive(&self) -> Result<(), Error> {
        let alive = self.running().as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)));
        if alive {
            return Ok(());
        }
        let (server, log) = (self.recipe.name, self.log_end());
        if log.contains("Address already in use") {
            return Err(Error::PortTaken { server, port: self.recipe.port });
        }
        Err(Error::Ended { server, log })
    }

    /// Lets it finish what it does, and returns when it has ended. A frozen one is thawed for that.
    pub(crate) async fn stop(&self) -> Result<(), Error> {
        let Some(pid) = self.pid() else { return Ok(()) };
        process::thaw(pid);
        process::signal(pid, self.recipe.stop);
        let start = Instant::now();
        while start.elapsed() < LIMIT {
            if self.pid().is_none() {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(self.late("stopped"))
    }

    /// SIGKILL for the process and its children. Returns when they are gone.
    pub(crate) fn kill(&self) -> Result<(), Error> {
        let mut running = self.running();
        let Some(mut child) = running.take() else { return Ok(()) };
        if let Ok(pid) = i32::try_from(child.id()) {
            process::kill_tree(pid);
        }
        child.wait().map_err(Error::system(format!("cannot kill {}", self.recipe.name)))?;
        Ok(())
    }

    /// SIGSTOP: it stands still, and so does every connection; the kernel still accepts new ones for it.
    pub(crate) fn freeze(&self) -> Result<(), Error> {
        process::freeze(self.running_pid()?);
        Ok(())
    }

    pub(crate) fn thaw(&self) -> Result<(), Error> {
        process::thaw(self.running_pid()?);
        Ok(())
    }

    /// The process, as long as it runs.
    pub(crate) fn pid(&self) -> Option<i32> {
        let mut running = self.running();
        let child = running.as_mut()?;
        match child.try_wait() {
            Ok(None) => i32::try_from(child.id()).ok(),
            _ => {
                *running = None;
                None
            }
        }
    }

    fn running_pid(&self) -> Result<i32, Error> {
        self.pid().ok_or_else(|| Error::Ended { server: self.recipe.name, log: self.log_end() })
    }

    fn late(&self, state: &'static str) -> Error {
        Error::Late { server: self.recipe.name, state, seconds: LIMIT.as_secs(), log: self.log_end() }
    }

    /// The last lines of what it said since it was started.
    fn log_end(&self) -> String {
        let bytes = fs::read(&self.recipe.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<_> = text.lines().collect();
        lines.get(lines.len().saturating_sub(LOG_LINES)..).unwrap_or_default().join("\n")
    }

    fn running(&self) -> MutexGuard<'_, Option<Child>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(pid) = self.pid() else { return };
        process::thaw(pid);
        process::signal(pid, self.recipe.end);
        let start = Instant::now();
        while self.pid().is_some() && start.elapsed() < DROP_LIMIT {
            thread::sleep(Duration::from_millis(2));
        }
        let _ = self.kill();
    }
}

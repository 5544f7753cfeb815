//! A process of ours: it listens when its constructor returns, its log is read and thrown away as a collector would,
//! and it is gone when its handle is dropped.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

/// How long it may take to listen, or to stop.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Process {
    child: Child,
    pub(crate) pid: i32,
    /// `http://127.0.0.1:port`
    pub(crate) base: String,
    /// When it was started.
    pub(crate) started: Instant,
}

impl Process {
    pub(crate) async fn start(mut command: Command) -> anyhow::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let started = Instant::now();
        let mut child =
            command.spawn().context("cannot start a program of ours (setpriv is in util-linux)")?;
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).context("a process without an id")?;
        let mut log = BufReader::new(child.stderr.take().context("a process without a log")?).lines();
        let address =
            tokio::time::timeout(PATIENCE, address(&mut log)).await.context("it does not listen")??;
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        Ok(Self { child, pid, base: format!("http://{address}"), started })
    }

    /// Lets it finish what it does.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        kill(Pid::from_raw(self.pid), Signal::SIGTERM).context("cannot stop a program of ours")?;
        tokio::time::timeout(PATIENCE, self.child.wait()).await.context("it does not stop")??;
        Ok(())
    }
}

/// Reads the log up to the line that says where it listens.
async fn address(log: &mut Lines<BufReader<ChildStderr>>) -> anyhow::Result<String> {
    let mut said = String::new();
    while let Some(line) = log.next_line().await? {
        if let Some(address) = spoken(&line) {
            return Ok(address);
        }
        said = line;
    }
    bail!("it ended before it listened: {said}")
}

fn spoken(line: &str) -> Option<String> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    line.get("address")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_the_log() {
        let line = r#"{"level":"INFO","message":"listening","address":"127.0.0.1:4242"}"#;
        assert_eq!(spoken(line).as_deref(), Some("127.0.0.1:4242"));
        assert_eq!(spoken(r#"{"level":"INFO","message":"starting"}"#), None);
        assert_eq!(spoken("not JSON"), None);
    }
}

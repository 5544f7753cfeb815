//! Load by wrk: what is asked is a script of ours, and what came of it is one line that the script prints.

mod figures;
mod script;

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tempfile::NamedTempFile;
use tokio::process::Command;

pub(crate) use figures::Figures;
pub(crate) use script::Script;

/// What wrk may take longer than it was told, before it is ended.
const GRACE: Duration = Duration::from_secs(30);
/// The longest that a counted load may take.
const COUNTED_LIMIT: Duration = Duration::from_secs(120);

/// As many as wrk and a server of ours keep open easily.
const MOST_CONNECTIONS: u32 = 512;

/// How much is asked, and how.
#[derive(Clone, Copy)]
pub(crate) enum Pace {
    /// On so many connections, each asks again when it was answered.
    Busy { connections: u32, time: Duration },
    /// The same until so many were answered: no more are asked, so none is under way at the end.
    Counted { connections: u32, count: u32 },
    /// So many a second arrive, at random, whether or not those before were answered: each of many connections
    /// pauses for a random time before it asks.
    Arriving { per_second: f64, time: Duration },
}

impl Pace {
    fn connections(self) -> u32 {
        match self {
            Self::Busy { connections, .. } | Self::Counted { connections, .. } => connections,
            // As many as keep the mean pause at 0.4 s: far below the time that a server waits for a first request.
            Self::Arriving { per_second, .. } => (4..=MOST_CONNECTIONS)
                .find(|count| f64::from(*count) >= per_second * 0.4)
                .unwrap_or(MOST_CONNECTIONS),
        }
    }
}

/// Loads the server at `base` (`http://127.0.0.1:port`) and says what came of it.
///
/// # Errors
/// When wrk is not installed, or fails.
pub(crate) async fn run(base: &str, script: &Script, pace: Pace) -> anyhow::Result<Figures> {
    let mut file = NamedTempFile::with_suffix(".lua").context("cannot write a script for wrk")?;
    file.write_all(script.lua(pace).as_bytes()).context("cannot write a script for wrk")?;
    let time = match pace {
        Pace::Busy { time, .. } | Pace::Arriving { time, .. } => time,
        Pace::Counted { .. } => COUNTED_LIMIT,
    };
    let mut wrk = Command::new("wrk");
    wrk.args(["--threads", "1", "--timeout", "20s", "--connections", &pace.connections().to_string()]);
    wrk.args(["--duration", &format!("{}s", time.as_secs().max(1))])
        .arg("--script")
        .arg(file.path())
        .arg(base);
    wrk.stdin(Stdio::null()).kill_on_drop(true);
    let ended = tokio::time::timeout(time + GRACE, wrk.output()).await.context("wrk does not end")?;
    let output = match ended {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!("`wrk` is missing: install the Debian package `wrk`")
        }
        output => output.context("cannot start wrk")?,
    };
    let text = String::from_utf8_lossy(&output.stdout);
    Figures::parse(&text)
        .with_context(|| format!("wrk said: {text}{}", String::from_utf8_lossy(&output.stderr)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_between_arrivals_stay_short() {
        let connections = |per_second| Pace::Arriving { per_second, time: GRACE }.connections();
        assert_eq!([1.0, 200.0, 1_000.0, 100_000.0].map(connections), [4, 80, 400, 512]);
    }
}

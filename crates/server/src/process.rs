//! The process: what it measures, when it is told to stop, and what it says when it fails.

use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// How often collected measurements are compacted, so that they stay small when nobody asks for them.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// Collects measurements from now on; the handle shows them.
///
/// # Errors
/// When somebody collects them already.
pub fn measurements() -> anyhow::Result<PrometheusHandle> {
    let recorder = evently_auth_http::metrics_recorder()?;
    let metrics = recorder.handle();
    metrics::set_global_recorder(recorder)?;
    let upkeep = metrics.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(METRICS_UPKEEP).await;
            upkeep.run_upkeep();
        }
    });
    Ok(metrics)
}

/// From this call on SIGTERM and SIGINT end nothing by themselves; what is answered waits for the first of them.
///
/// # Errors
/// When the system does not say when they come.
pub fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Listens on `address`, whose port is what `variable` says.
///
/// # Errors
/// When the address is taken, or none of this machine.
pub fn listen(address: SocketAddr, variable: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .with_context(|| format!("cannot listen on {address}; HOST and {variable} take a free address"))
}

/// Why it failed, from the outside in, on one line; a cause that the one around it has told already is left out.
#[must_use]
pub fn one_line(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if told.is_empty() {
            told = cause;
        } else if !told.contains(&cause) {
            told = format!("{told}: {cause}");
        }
    }
    told.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{one_line, stop_signal};
    use evently_auth_domain::error::StoreError;

    #[tokio::test]
    async fn a_signal_that_comes_before_anybody_waits_ends_nothing() {
        let told = stop_signal().unwrap();
        let pid = std::process::id().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        tokio::time::timeout(std::time::Duration::from_secs(20), told).await.unwrap();
    }

    #[test]
    fn a_failure_is_told_once_on_one_line() {
        let away = anyhow::Error::new(StoreError::unavailable("nobody\n  answers"));
        assert_eq!(one_line(&away), "unavailable: nobody answers");
        assert_eq!(one_line(&away.context("the import")), "the import: unavailable: nobody answers");
        assert_eq!(one_line(&anyhow::anyhow!("inner").context("outer")), "outer: inner");
    }
}

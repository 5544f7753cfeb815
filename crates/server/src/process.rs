//! The process: what it measures, and when it is told to stop.

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

/// Waits for SIGTERM or SIGINT.
///
/// # Errors
/// When the system does not say when they come.
pub async fn stop_signal() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Listens on `address`, whose port is what `variable` says.
///
/// # Errors
/// When the address is taken, or none of this machine.
pub fn listen(address: SocketAddr, variable: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .with_context(|| format!("cannot listen on {address}; HOST and {variable} take a free address"))
}

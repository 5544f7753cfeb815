//! `evently-auth serve`: the service, with the worker's loops inside in embedded mode, until it is told to stop.

use anyhow::{Context, bail};
use evently_auth_config::Config;
use evently_auth_http::{HttpState, Probes};
use evently_auth_wiring::System;
use evently_auth_worker::WorkerOptions;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How often collected measurements are compacted, so that they stay small when nobody asks for them.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// Serves until SIGTERM or SIGINT; then finishes what was begun.
///
/// # Errors
/// When a part cannot be put together, or the address is taken.
pub(crate) async fn run(config: &Config) -> anyhow::Result<()> {
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let system = evently_auth_wiring::assemble(config).await?;
    let address = config.http.address();
    let listener = TcpListener::bind(address)
        .with_context(|| format!("cannot listen on {address}; HOST and PORT take a free address"))?;
    let address = listener.local_addr()?;

    let stop = CancellationToken::new();
    let loops = evently_auth_worker::run(system.auth.clone(), WorkerOptions::default(), stop.clone());
    let mut worker = tokio::spawn(loops);
    let server = evently_auth_http::serve(listener, state(config, &system)?)?;
    let handle = server.handle();
    let mut server = tokio::spawn(server);
    greet(config, &system, address);

    tokio::select! {
        ended = &mut server => ended??,
        ended = &mut worker => {
            ended.context("the loops that deliver mail panicked")?;
            bail!("the loops that deliver mail ended by themselves");
        }
        signal = stop_signal() => {
            signal?;
            tracing::info!("stopping: requests that have begun are finished");
            handle.stop(true).await;
            server.await??;
        }
    }
    stop.cancel();
    worker.await.context("the loops that deliver mail panicked")
}

fn state(config: &Config, system: &System) -> anyhow::Result<HttpState> {
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
    Ok(HttpState {
        auth: system.auth.clone(),
        probes: Probes { database: system.database.clone(), redis: system.redis.clone() },
        mailbox: system.mailbox.as_ref().map(|(mailbox, _)| mailbox.clone()),
        metrics,
        cors_origins: config.http.cors_origins.clone().into(),
        trusted_proxies: config.http.trusted_proxies.clone().into(),
    })
}

/// Says where everything is: in the log, and in embedded mode to the person at the terminal.
fn greet(config: &Config, system: &System, address: SocketAddr) {
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "listening");
    let Some((_, mails)) = &system.mailbox else { return };
    let (version, base) = (env!("CARGO_PKG_VERSION"), format!("http://{address}"));
    let (mails, data) = (mails.display(), config.data_dir.display());
    let greeting = format!(
        "Evently Auth {version} is ready, in embedded mode.\n  \
           API       {base}/api/v1\n  \
           Docs      {base}/docs\n  \
           Mailbox   {base}/dev/mailbox  ({mails})\n  \
           Data      {data}\n"
    );
    // Whether anybody reads it is no concern of the service.
    let _ = io::stdout().write_all(greeting.as_bytes());
}

async fn stop_signal() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

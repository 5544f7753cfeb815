//! `evently-auth serve`: the service, with the worker's loops inside in embedded mode, until it is told to stop.

use anyhow::Context;
use evently_auth_config::{Config, Mode};
use evently_auth_http::{Draining, HttpState, Probes};
use evently_auth_server::{listen, measurements, stop_signal};
use evently_auth_wiring::System;
use evently_auth_worker::WorkerOptions;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long an instance that is told to stop still serves, while its clients and balancers go over to others.
const DRAIN: Duration = Duration::from_secs(2);

/// Serves until SIGTERM or SIGINT; then finishes what was begun.
///
/// # Errors
/// When a part cannot be put together, the database lacks migrations, or the address is taken.
pub(crate) async fn run(config: &Config) -> anyhow::Result<()> {
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let metrics = measurements()?;
    let system = evently_auth_wiring::assemble(config).await?;
    let listener = listen(config.http.address(), "PORT")?;
    let address = listener.local_addr()?;

    let stop = CancellationToken::new();
    let mut worker = tokio::spawn(loops(config, &system, stop.clone()));
    let draining = Draining::default();
    let state = HttpState {
        auth: system.auth.clone(),
        probes: Probes { database: system.database.clone(), redis: system.redis.clone() },
        mailbox: system.mailbox.as_ref().map(|(mailbox, _)| mailbox.clone()),
        metrics,
        cors_origins: config.http.cors_origins.clone().into(),
        trusted_proxies: config.http.trusted_proxies.clone().into(),
        https: config.http.is_https(),
        draining: draining.clone(),
    };
    let server = evently_auth_http::serve(listener, state)?;
    let handle = server.handle();
    let mut server = tokio::spawn(server);
    // Before anybody is told that there is something to stop.
    let told_to_stop = stop_signal()?;
    greet(config, &system, address);

    tokio::select! {
        ended = &mut server => ended??,
        ended = &mut worker => {
            ended.context("the loops that deliver mail panicked")?;
            anyhow::bail!("the loops that deliver mail ended by themselves");
        }
        () = told_to_stop => {
            tracing::info!("stopping: requests that have begun are finished");
            if matches!(config.mode, Mode::Production(_)) {
                draining.begin();
                tokio::time::sleep(DRAIN).await;
            }
            handle.stop(true).await;
            server.await??;
        }
    }
    stop.cancel();
    worker.await.context("the loops that deliver mail panicked")
}

/// The worker's loops in embedded mode; in production mode there are processes of their own for them.
fn loops(
    config: &Config,
    system: &System,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + use<> {
    let inside = matches!(config.mode, Mode::Embedded);
    let auth = system.auth.clone();
    let options = WorkerOptions { signals: Some(system.signals.clone()), ..WorkerOptions::default() };
    async move {
        if inside {
            evently_auth_worker::run(auth, options, stop).await;
        } else {
            stop.cancelled().await;
        }
    }
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

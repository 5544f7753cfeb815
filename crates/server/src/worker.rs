//! The binary `evently-auth-worker`: delivers mail, sweeps and seals, beside any number of servers and workers.

use anyhow::{Context, bail};
use clap::Parser;
use evently_auth_config::{Config, Mode};
use evently_auth_http::Probes;
use evently_auth_server::{listen, measurements, one_line, start_telemetry, stop_signal};
use evently_auth_worker::WorkerOptions;
use std::net::SocketAddr;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// The worker of Evently Auth: mail delivery, sweeping, sealing of the audit.
///
/// Takes the same environment variables as evently-auth, and answers health checks and /metrics on HOST and
/// WORKER_PORT.
#[derive(Debug, Parser)]
#[command(name = "evently-auth-worker", version)]
struct Cli {}

#[tokio::main]
async fn main() -> ExitCode {
    Cli::parse();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("evently-auth-worker: {}", one_line(&error));
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    let config = evently_auth_wiring::configure().await?;
    if !matches!(config.mode, Mode::Production(_)) {
        bail!(
            "no database is configured (DATABASE_URL or DB_HOST); in embedded mode evently-auth delivers mail itself"
        );
    }
    if config.mail.smtp.is_none() {
        bail!("SMTP_HOST is not set; it takes the name of the mail server to deliver to");
    }
    let telemetry = start_telemetry("evently-auth-worker", &config.log, &config.telemetry)?;
    let ended = work(&config).await;
    telemetry.stop();
    ended
}

/// Works until SIGTERM or SIGINT; then finishes the mails that are being sent.
async fn work(config: &Config) -> anyhow::Result<()> {
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let metrics = measurements()?;
    let system = evently_auth_wiring::assemble(config).await?;
    let address = SocketAddr::new(config.http.host, config.worker.port);
    let listener = listen(address, "WORKER_PORT")?;
    let address = listener.local_addr()?;
    let probes = Probes { database: system.database.clone(), redis: system.redis.clone() };
    let server = evently_auth_http::serve_operations(listener, probes, metrics)?;
    let handle = server.handle();
    let mut server = tokio::spawn(server);

    let stop = CancellationToken::new();
    let options = WorkerOptions {
        signals: Some(system.signals),
        concurrency: config.worker.concurrency,
        ..WorkerOptions::default()
    };
    let loops = evently_auth_worker::run(system.auth, options, stop.clone());
    let mut worker = tokio::spawn(loops);
    // Before anybody is told that there is something to stop.
    let told_to_stop = stop_signal()?;
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "working");
    tokio::select! {
        ended = &mut server => ended??,
        ended = &mut worker => {
            ended.context("the loops panicked")?;
            bail!("the loops ended by themselves");
        }
        () = told_to_stop => {
            tracing::info!("stopping: mails that are being sent are finished");
            stop.cancel();
            worker.await.context("the loops panicked")?;
            handle.stop(true).await;
            server.await??;
        }
    }
    Ok(())
}

//! The binary `evently-auth`: the service, and the commands of those who run it.
//!
//! Wrong usage exits with 2, a failure with 1 and one line on standard error that says what to do.

mod cli;
mod commands;
mod serve;

use clap::Parser;
use cli::{Cli, Command};
use evently_auth_config::Config;
use evently_auth_server::{one_line, start_telemetry};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("evently-auth: {}", one_line(&error));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let command = cli.command.unwrap_or(Command::Serve);
    if let Command::Health(health) = &command {
        // A health check every few seconds opens no secrets, and does not fail for want of them.
        return commands::health::run(health).await.map(|()| ExitCode::SUCCESS);
    }
    let config = evently_auth_wiring::configure().await?;
    let telemetry = start_telemetry("evently-auth", &config.log, &config.telemetry)?;
    let ended = dispatch(command, &config).await;
    telemetry.stop();
    ended
}

async fn dispatch(command: Command, config: &Config) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve => serve::run(config).await?,
        Command::Migrate(migrate) => commands::migrate::run(config, &migrate).await?,
        Command::Admin(admin) => commands::admin::run(config, &admin).await?,
        Command::Mail(mail) => commands::mail::run(config, &mail).await?,
        Command::Audit(audit) => return commands::audit::run(config, &audit).await,
        Command::Import(import) => commands::import::run(config, &import).await?,
        Command::Health(health) => commands::health::run(&health).await?,
    }
    Ok(ExitCode::SUCCESS)
}

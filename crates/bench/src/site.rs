//! A deployment with a database of its own, filled with people, and the processes of ours that serve it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, ensure};
use evently_auth_services::Postgres;
use tokio::process::Command;

use crate::api::Api;
use crate::process::Process;

/// Everybody's password.
pub(crate) const PASSWORD: &str = "weaves algebraic patterns";
/// How many sessions each user has.
pub(crate) const SESSIONS_PER_USER: u64 = 5;

/// A database with `users` users, settings that name it, and the folder with the programs.
pub(crate) struct Site {
    pub(crate) users: u64,
    pub(crate) database: String,
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) postgres: Arc<Postgres>,
    pub(crate) programs: PathBuf,
}

impl Site {
    /// Brings the database to the version of the programs.
    pub(crate) async fn migrate(&self) -> anyhow::Result<()> {
        let output = self.command("evently-auth", &["migrate", "up"]).output().await;
        let output =
            output.with_context(|| format!("cannot start evently-auth in {}", self.programs.display()))?;
        ensure!(
            output.status.success(),
            "evently-auth migrate up: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }

    /// A server, which listens.
    pub(crate) async fn server(&self) -> anyhow::Result<Process> {
        Process::start(self.command("evently-auth", &["serve"])).await
    }

    /// A server that reaches PostgreSQL through `port` of this machine.
    pub(crate) async fn server_through(&self, port: u16) -> anyhow::Result<Process> {
        let mut command = self.command("evently-auth", &["serve"]);
        command.env("DATABASE_URL", self.database_url_through(port));
        Process::start(command).await
    }

    /// A worker, which works.
    pub(crate) async fn worker(&self) -> anyhow::Result<Process> {
        Process::start(self.command("evently-auth-worker", &[])).await
    }

    pub(crate) fn database_url(&self) -> String {
        self.postgres.url_of(&self.database)
    }

    pub(crate) fn database_url_through(&self, port: u16) -> String {
        let own = format!(":{}/", self.postgres.port());
        self.database_url().replace(&own, &format!(":{port}/"))
    }

    /// Access and refresh tokens of `count` users, evenly spread.
    pub(crate) async fn sign_in(&self, api: &Api, server: &Process, count: u64) -> anyhow::Result<SignedIn> {
        let mut signed_in = SignedIn::default();
        for turn in 0..count {
            let tokens = api.login(&server.base, 1 + turn * self.users / count).await?;
            signed_in.access.push(tokens.access_token);
            signed_in.refresh.push(tokens.refresh_token);
        }
        Ok(signed_in)
    }

    /// With the settings of the site, and nothing of the caller's environment; ended when we end, however we end.
    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new("/usr/bin/setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(self.programs.join(program)).args(args);
        command.env_clear().envs(self.settings.iter().map(|(name, value)| (name, value))).kill_on_drop(true);
        command
    }
}

/// Tokens of users that signed in.
#[derive(Default)]
pub(crate) struct SignedIn {
    pub(crate) access: Vec<String>,
    pub(crate) refresh: Vec<String>,
}

//! Throwaway servers beside a command, or until Ctrl-C; they are stopped whatever happens.

use std::env;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, ExitCode};

use anyhow::Context;
use evently_auth_services::sink::Sink;
use evently_auth_services::{Postgres, Redis, RedisCluster};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::signal::unix::{SignalKind, signal};
use uuid::Uuid;

const DATABASE: &str = "evently_auth";

/// Names and values for the environment.
type Variables = Vec<(&'static str, String)>;

/// `cargo xtask services [-- command…]`: all servers, for tests and for running the service by hand.
pub(crate) fn run(command: &[OsString]) -> anyhow::Result<ExitCode> {
    runtime()?.block_on(async {
        let mails = tempfile::Builder::new().prefix("evently-auth-mails-").tempdir()?;
        // Interrupted while they start, we drop them half started, which ends them too.
        let (servers, sink) = tokio::select! {
            servers = async {
                anyhow::Ok((Servers::start(|_| false).await?, Sink::start_with_folder(mails.path()).await?))
            } => servers?,
            code = interrupted() => return code,
        };
        let mut variables = servers.for_tests();
        variables.extend(servers.by_hand(&sink).await?);
        let code = match command.split_first() {
            Some((program, args)) => {
                let mut command = Command::new(program);
                command.args(args);
                beside(command, &variables).await
            }
            None => {
                print(&variables, mails.path())?;
                interrupted().await
            }
        };
        servers.stop().await;
        code
    })
}

/// Runs the command beside the servers that tests need, and returns its exit code. What the environment names
/// already is used as it is and not started.
pub(crate) fn around(command: Command) -> anyhow::Result<ExitCode> {
    runtime()?.block_on(async {
        let servers = tokio::select! {
            servers = Servers::start(|name| env::var_os(name).is_some_and(|value| !value.is_empty())) => servers?,
            code = interrupted() => return code,
        };
        let code = beside(command, &servers.for_tests()).await;
        servers.stop().await;
        code
    })
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Runtime::new().context("cannot start the runtime")
}

/// `None` where somebody else's is used.
struct Servers {
    postgres: Option<Postgres>,
    redis: Option<Redis>,
    cluster: Option<RedisCluster>,
}

impl Servers {
    async fn start(is_given: impl Fn(&str) -> bool) -> anyhow::Result<Self> {
        let (postgres, redis, cluster) = tokio::try_join!(
            unless(is_given("TEST_DATABASE_URL"), Postgres::launch()),
            unless(is_given("TEST_REDIS_URL"), Redis::launch()),
            unless(is_given("TEST_REDIS_CLUSTER_NODES"), RedisCluster::launch()),
        )?;
        Ok(Self { postgres, redis, cluster })
    }

    fn for_tests(&self) -> Variables {
        let mut variables = Vec::new();
        variables.extend(self.postgres.as_ref().map(|server| ("TEST_DATABASE_URL", server.url())));
        variables.extend(self.redis.as_ref().map(|server| ("TEST_REDIS_URL", server.url())));
        let nodes = self.cluster.as_ref().map(|cluster| cluster.addresses().join(","));
        variables.extend(nodes.map(|nodes| ("TEST_REDIS_CLUSTER_NODES", nodes)));
        variables
    }

    /// What turns on production mode: a database of its own, and secrets that nobody has seen before.
    async fn by_hand(&self, sink: &Sink) -> anyhow::Result<Variables> {
        let mut variables = Vec::new();
        if let Some(postgres) = &self.postgres {
            postgres.create_database(DATABASE).await?;
            variables.push(("DATABASE_URL", postgres.url_of(DATABASE)));
        }
        variables.extend(self.redis.as_ref().map(|server| ("REDIS_URL", server.url())));
        variables.extend([
            ("SMTP_HOST", "127.0.0.1".to_owned()),
            ("SMTP_PORT", sink.port().to_string()),
            ("SMTP_USE_TLS", "false".to_owned()),
            ("SECRET_KEY", secret()),
            ("JWT_SECRET", secret()),
        ]);
        Ok(variables)
    }

    /// In good order; what does not obey is killed when it is dropped.
    async fn stop(self) {
        let postgres = async {
            if let Some(server) = &self.postgres {
                let _ = server.stop().await;
            }
        };
        let redis = async {
            if let Some(server) = &self.redis {
                let _ = server.stop().await;
            }
        };
        let cluster = async {
            if let Some(cluster) = &self.cluster {
                let _ = cluster.stop().await;
            }
        };
        tokio::join!(postgres, redis, cluster);
    }
}

async fn unless<T, E>(given: bool, start: impl Future<Output = Result<T, E>>) -> Result<Option<T>, E> {
    if given { Ok(None) } else { start.await.map(Some) }
}

/// 244 random bits as 64 hexadecimal digits.
fn secret() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// As a shell reads it.
fn print(variables: &Variables, mails: &Path) -> anyhow::Result<()> {
    let mut text = String::new();
    for (name, value) in variables {
        text.push_str(&format!("export {name}='{}'\n", value.replace('\'', r"'\''")));
    }
    text.push_str(&format!("# mails are written into {}\n# Ctrl-C stops the servers\n", mails.display()));
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("cannot print")
}

/// Returns with the exit code of a program that was interrupted, when we are.
async fn interrupted() -> anyhow::Result<ExitCode> {
    let mut terminated = signal(SignalKind::terminate())?;
    let code: u8 = tokio::select! {
        _ = tokio::signal::ctrl_c() => 128 + 2,
        _ = terminated.recv() => 128 + 15,
    };
    Ok(ExitCode::from(code))
}

/// Runs the command to its end. Ctrl-C reaches it without us, for a terminal sends it to both; SIGTERM is passed on.
async fn beside(mut command: Command, variables: &Variables) -> anyhow::Result<ExitCode> {
    let mut interrupts = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    command.envs(variables.iter().map(|(name, value)| (*name, value)));
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child: Child = command.spawn().with_context(|| format!("cannot start {program}"))?;
    let pid = i32::try_from(child.id()).context("a process id out of range")?;
    let mut waiting = tokio::task::spawn_blocking(move || child.wait());
    let status = loop {
        tokio::select! {
            status = &mut waiting => break status??,
            _ = interrupts.recv() => {}
            _ = terminated.recv() => {
                let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
            }
        }
    };
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_given_is_not_started() {
        let servers = Servers::start(|name| name != "TEST_REDIS_URL").await.unwrap();
        let names: Vec<_> = servers.for_tests().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["TEST_REDIS_URL"]);
        assert!(servers.postgres.is_none() && servers.cluster.is_none());
        servers.stop().await;
    }

    #[test]
    fn secrets_are_long_and_differ() {
        assert_eq!(secret().len(), 64);
        assert_ne!(secret(), secret());
    }
}

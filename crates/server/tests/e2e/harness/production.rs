//! Production mode: servers and workers over a PostgreSQL, a Redis and a mail server of their own.

use super::{BINARY, GENEROUS, Mailbox, Process, Site, WORKER};
use evently_auth_services::sink::{Sink, SinkOptions};
use evently_auth_services::{Postgres, Redis};
use std::ops::Deref;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Everything that a deployment consists of; stopped when dropped.
pub(crate) struct Production {
    // Dropped in this order: ours first, then what they need.
    pub(crate) servers: Vec<Process>,
    pub(crate) workers: Vec<Process>,
    site: Site,
    pub(crate) postgres: Postgres,
    pub(crate) redis: Redis,
    pub(crate) sink: Arc<Sink>,
    pub(crate) runtime: Runtime,
    _folder: TempDir,
}

impl Production {
    /// Two servers and two workers, with limits that no journey meets.
    pub(crate) fn start() -> Self {
        let mut production = Self::prepare(&[]);
        for _ in 0..2 {
            production.add_server();
            production.add_worker();
        }
        production
    }

    /// The servers that ours need, the database migrated, nobody of ours yet.
    pub(crate) fn prepare(env: &[(&str, &str)]) -> Self {
        Self::prepare_with(SinkOptions::default(), env)
    }

    /// The same with a mail server of another kind.
    pub(crate) fn prepare_with(sink: SinkOptions, env: &[(&str, &str)]) -> Self {
        let production = Self::prepare_empty_with(sink, env);
        let migrated = production.run(&["migrate", "up"], "");
        assert!(migrated.status.success(), "{migrated:?}");
        production
    }

    /// The servers that ours need, with a database that has no tables.
    pub(crate) fn prepare_empty() -> Self {
        Self::prepare_empty_with(SinkOptions::default(), &[])
    }

    fn prepare_empty_with(sink: SinkOptions, env: &[(&str, &str)]) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let redis = Redis::options().password("rD5tVn8Xk2Lq9Ws4").launch();
        let (postgres, redis, sink) =
            runtime.block_on(async { tokio::join!(Postgres::launch(), redis, Sink::start_with(sink)) });
        let (postgres, redis, sink) = (postgres.unwrap(), redis.unwrap(), Arc::new(sink.unwrap()));
        let folder = tempfile::tempdir().unwrap();
        let smtp_port = sink.port().to_string();
        let (database, redis_url) = (postgres.url(), redis.url());
        let settings = [
            ("DATABASE_URL", database.as_str()),
            ("REDIS_URL", redis_url.as_str()),
            ("SMTP_HOST", "127.0.0.1"),
            ("SMTP_PORT", smtp_port.as_str()),
            ("SMTP_USE_TLS", "false"),
            ("RETRY_DELAY", "1"),
            ("JWT_SECRET", "kR7vbn2Lq9sXw4TzY8mPc6HdJf3GaEu5"),
            ("SECRET_KEY", "Zx5Qw8Er2Ty7Ui3Op9As4Df6Gh1Jk0Lc"),
            ("PORT", "0"),
            ("WORKER_PORT", "0"),
        ];
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let env = settings.iter().chain(&GENEROUS).chain(env).map(owned).collect();
        let site = Site::new(folder.path().to_owned(), env, Mailbox::Sink(Arc::clone(&sink)));
        Self {
            servers: Vec::new(),
            workers: Vec::new(),
            site,
            postgres,
            redis,
            sink,
            runtime,
            _folder: folder,
        }
    }

    /// Two servers and a worker, with settings of their own.
    pub(crate) fn start_pair(env: &[(&str, &str)]) -> Self {
        let mut production = Self::prepare(env);
        production.add_server();
        production.add_server();
        production.add_worker();
        production
    }

    /// What SQL says of the service's database.
    pub(crate) fn sql(&self, sql: &str) -> String {
        self.runtime.block_on(self.postgres.sql("postgres", sql)).unwrap()
    }

    /// One more server.
    pub(crate) fn add_server(&mut self) {
        self.add_server_with(&[]);
    }

    /// One more server, with settings of its own.
    pub(crate) fn add_server_with(&mut self, env: &[(&str, &str)]) {
        let (server, base) = self.server_with(env);
        self.servers.push(server);
        self.site.bases.push(base);
    }

    /// A server on `port`, which does not belong to the site yet, and its address.
    pub(crate) fn server(&self, port: &str) -> (Process, String) {
        self.server_with(&[("PORT", port)])
    }

    fn server_with(&self, env: &[(&str, &str)]) -> (Process, String) {
        let server = Process::start(self.site.command(BINARY, &["serve"]).envs(env.iter().copied()));
        let address = server.wait_for_line(|line| spoken_address(line, "listening"));
        (server, format!("http://{address}"))
    }

    /// One more worker.
    pub(crate) fn add_worker(&mut self) {
        let (worker, _) = self.worker();
        self.workers.push(worker);
    }

    /// A worker, and where it answers.
    pub(crate) fn worker(&self) -> (Process, String) {
        let worker = Process::start(&mut self.site.command(WORKER, &[]));
        let address = worker.wait_for_line(|line| spoken_address(line, "working"));
        (worker, format!("http://{address}"))
    }
}

impl Deref for Production {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

/// The address in the line of the log that says so.
fn spoken_address(line: &str, message: &str) -> Option<String> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    (line["message"] == message).then(|| line["address"].as_str().map(str::to_owned))?
}

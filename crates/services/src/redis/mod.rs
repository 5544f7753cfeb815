//! Redis of its own, in its three shapes: one server, a Cluster, and a server with a replica that Sentinels watch.

mod cluster;
mod options;
mod resp;
mod sentinel;

use std::path::PathBuf;
use std::time::Duration;

use crate::folder::Folder;
use crate::server::Server;
use crate::{Certificates, Error};

pub use cluster::RedisCluster;
pub use options::RedisOptions;
pub use resp::Reply;
pub use sentinel::RedisSentinel;

/// How long one command may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(5);

/// A Redis server, for as long as the value lives.
pub struct Redis {
    // Dropped in this order: the server stops before its folder is removed.
    server: Server,
    port: u16,
    bus: Option<u16>,
    password: Option<String>,
    certificates: Option<Certificates>,
    /// The way in for ourselves, which needs no TLS.
    socket: PathBuf,
    _folder: Folder,
}

impl Redis {
    /// A new server that listens on a free port of 127.0.0.1, without TLS and password, and keeps nothing on disk.
    ///
    /// # Errors
    /// When Redis is not installed ([`Error::Missing`]) or does not answer within 30 seconds.
    pub async fn launch() -> Result<Self, Error> {
        Self::options().launch().await
    }

    /// What a server can be told beforehand.
    #[must_use]
    pub fn options() -> RedisOptions {
        RedisOptions::default()
    }

    /// Where clients connect: `redis://…`, or `rediss://…` with TLS; with the password, without a database number.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.certificates.is_some() { "rediss" } else { "redis" };
        let password = self.password.as_ref().map(|password| format!(":{password}@")).unwrap_or_default();
        format!("{scheme}://{password}{}", self.address())
    }

    /// `127.0.0.1:port`.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The port on 127.0.0.1; it stays the same when the server is started again.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What clients prove themselves with; `None` when they need not.
    #[must_use]
    pub fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// What the server shows, and whom clients are to trust; `None` without TLS.
    #[must_use]
    pub fn certificates(&self) -> Option<&Certificates> {
        self.certificates.as_ref()
    }

    /// The process id, as long as it runs.
    #[must_use]
    pub fn pid(&self) -> Option<i32> {
        self.server.pid()
    }

    /// Sends one command and returns the answer. Waits 5 seconds at most.
    ///
    /// # Errors
    /// [`Error::Refused`] when the answer is an error, [`Error::System`] when there is none.
    pub async fn command(&self, words: &[&str]) -> Result<Reply, Error> {
        let asked = resp::ask(&self.socket, self.password.as_deref(), words);
        let late = |_| std::io::Error::from(std::io::ErrorKind::TimedOut);
        tokio::time::timeout(COMMAND_LIMIT, asked).await.map_err(late).map_err(Error::system("Redis"))?
    }

    /// FLUSHALL: forgets every key.
    ///
    /// # Errors
    /// As [`Redis::command`].
    pub async fn flush(&self) -> Result<(), Error> {
        self.command(&["FLUSHALL"]).await.map(drop)
    }

    /// Starts it again, on the same port and with the data that it kept on disk, if it did; does nothing while it
    /// runs. Returns when it answers.
    ///
    /// # Errors
    /// [`Error::Ended`] when it does not start, [`Error::Late`] after 30 seconds.
    pub async fn start(&self) -> Result<(), Error> {
        self.server.spawn()?;
        self.server.until("ready", async || self.command(&["PING"]).await.is_ok()).await
    }

    /// Ends it in good order. Thaws it first.
    ///
    /// # Errors
    /// [`Error::Late`] after 30 seconds.
    pub async fn stop(&self) -> Result<(), Error> {
        self.server.stop().await
    }

    /// SIGKILL. A persistent server loses nothing that it has answered by this: the system keeps what it was given to
    /// write.
    ///
    /// # Errors
    /// When the system refuses.
    pub async fn kill(&self) -> Result<(), Error> {
        self.server.kill()
    }

    /// [`Redis::stop`], then [`Redis::start`].
    ///
    /// # Errors
    /// As these two.
    pub async fn restart(&self) -> Result<(), Error> {
        self.stop().await?;
        self.start().await
    }

    /// SIGSTOP: connections stay open and nothing answers.
    ///
    /// # Errors
    /// [`Error::Ended`] when it does not run.
    pub fn freeze(&self) -> Result<(), Error> {
        self.server.freeze()
    }

    /// Lets it go on after [`Redis::freeze`].
    ///
    /// # Errors
    /// [`Error::Ended`] when it does not run.
    pub fn thaw(&self) -> Result<(), Error> {
        self.server.thaw()
    }

    /// Waits until the text that a command answers satisfies `is`.
    async fn until_says(
        &self,
        state: &'static str,
        words: &[&str],
        is: impl Fn(&Reply) -> bool,
    ) -> Result<(), Error> {
        self.server.until(state, async || self.command(words).await.is_ok_and(|reply| is(&reply))).await
    }
}

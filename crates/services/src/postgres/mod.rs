//! A PostgreSQL server of its own, and replicas of it.

mod options;

use std::path::{Path, PathBuf};
use std::process::Command;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::folder::Folder;
use crate::server::Server;
use crate::{Certificates, Error, programs};

pub use options::PostgresOptions;

/// The superuser that owns everything.
const USER: &str = "evently";
/// The database that is always there.
const DATABASE: &str = "postgres";

/// A PostgreSQL server, for as long as the value lives.
pub struct Postgres {
    // Dropped in this order: the server stops before its folder is removed.
    server: Server,
    port: u16,
    password: String,
    certificates: Option<Certificates>,
    programs: PathBuf,
    data: PathBuf,
    _folder: Folder,
}

impl Postgres {
    /// A new server that listens on a free port of 127.0.0.1, without TLS, with a password made up for it.
    ///
    /// # Errors
    /// When PostgreSQL is not installed ([`Error::Missing`]) or does not answer within 30 seconds.
    pub async fn launch() -> Result<Self, Error> {
        Self::options().launch().await
    }

    /// What a server can be told beforehand.
    #[must_use]
    pub fn options() -> PostgresOptions {
        PostgresOptions::default()
    }

    /// A streaming replica of `primary` (hot standby): it answers reads, a moment behind, and refuses writes.
    ///
    /// # Errors
    /// As [`Postgres::launch`]; also when `primary` does not run.
    pub async fn replica_of(primary: &Self) -> Result<Self, Error> {
        PostgresOptions::default().launch_replica(primary).await
    }

    /// Where clients connect, with user and password: the database `postgres`. With TLS it ends in `sslmode=require`.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of(DATABASE)
    }

    /// The same for another database.
    #[must_use]
    pub fn url_of(&self, database: &str) -> String {
        let (password, port) = (utf8_percent_encode(&self.password, NON_ALPHANUMERIC), self.port);
        let tls = if self.certificates.is_some() { "?sslmode=require" } else { "" };
        format!("postgresql://{USER}:{password}@127.0.0.1:{port}/{database}{tls}")
    }

    /// The port on 127.0.0.1; it stays the same when the server is started again.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The password of the one user.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }

    /// What the server shows, and whom clients are to trust; `None` without TLS.
    #[must_use]
    pub fn certificates(&self) -> Option<&Certificates> {
        self.certificates.as_ref()
    }

    /// The process id of the postmaster, as long as it runs.
    #[must_use]
    pub fn pid(&self) -> Option<i32> {
        self.server.pid()
    }

    /// Where the data is: gone with this value, unless the folder was given.
    #[must_use]
    pub fn data_folder(&self) -> &Path {
        &self.data
    }

    /// Runs SQL by `psql` and returns what it printed: a line per row, `|` between columns.
    ///
    /// # Errors
    /// [`Error::Failed`] with the server's complaint.
    pub async fn sql(&self, database: &str, sql: &str) -> Result<String, Error> {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1"]);
        psql.arg(self.url_of(database)).args(["--command", sql]);
        Ok(programs::run(psql).await?.trim_end().to_owned())
    }

    /// Makes an empty database.
    ///
    /// # Errors
    /// [`Error::Failed`], for example when there is one of that name.
    pub async fn create_database(&self, name: &str) -> Result<(), Error> {
        self.sql(DATABASE, &format!("CREATE DATABASE \"{}\"", name.replace('"', "\"\""))).await.map(drop)
    }

    /// Starts it again, on the same port and data; does nothing while it runs. Returns when it answers.
    ///
    /// # Errors
    /// [`Error::Ended`] when it does not start, [`Error::Late`] after 30 seconds.
    pub async fn start(&self) -> Result<(), Error> {
        start(&self.server, &self.programs, self.port).await
    }

    /// Ends it in good order ("fast shutdown": clients are cut off, data is written). Thaws it first.
    ///
    /// # Errors
    /// [`Error::Late`] after 30 seconds.
    pub async fn stop(&self) -> Result<(), Error> {
        self.server.stop().await
    }

    /// SIGKILL for the postmaster and all its children. Nothing that was committed is lost by this, also not without
    /// [`PostgresOptions::durable`]: the system keeps what it was given to write.
    ///
    /// # Errors
    /// When the system refuses.
    pub async fn kill(&self) -> Result<(), Error> {
        self.server.kill()
    }

    /// [`Postgres::stop`], then [`Postgres::start`].
    ///
    /// # Errors
    /// As these two.
    pub async fn restart(&self) -> Result<(), Error> {
        self.stop().await?;
        self.start().await
    }

    /// SIGSTOP for the postmaster and all its children: connections stay open and nothing answers.
    ///
    /// # Errors
    /// [`Error::Ended`] when it does not run.
    pub fn freeze(&self) -> Result<(), Error> {
        self.server.freeze()
    }

    /// Lets it go on after [`Postgres::freeze`].
    ///
    /// # Errors
    /// [`Error::Ended`] when it does not run.
    pub fn thaw(&self) -> Result<(), Error> {
        self.server.thaw()
    }
}

async fn start(server: &Server, folder: &Path, port: u16) -> Result<(), Error> {
    server.spawn()?;
    let is_ready = async || {
        let mut asked = Command::new(folder.join("pg_isready"));
        asked.args(["--quiet", "--timeout=2", "--host=127.0.0.1"]).arg(format!("--port={port}"));
        programs::run(asked).await.is_ok()
    };
    server.until("ready", is_ready).await
}

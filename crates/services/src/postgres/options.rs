//! What a PostgreSQL server is told beforehand, and how it comes into being.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;
use uuid::Uuid;

use super::{Postgres, USER};
use crate::folder::Folder;
use crate::process::{self, Account};
use crate::server::{Recipe, Server};
use crate::{Certificates, Error, port, programs};

/// How often another port is tried when somebody else was quicker.
const PORTS_TRIED: u32 = 5;
/// Enough for all tests that run at the same time, each with a pool or two.
const MAX_CONNECTIONS: &str = "300";
/// The password, beside the data, for a folder that is used again.
const PASSWORD_FILE: &str = "password";

/// What a [`Postgres`] is told beforehand.
#[derive(Default, Clone)]
pub struct PostgresOptions {
    password: Option<String>,
    certificates: Option<Certificates>,
    durable: bool,
    data: Option<PathBuf>,
    settings: Vec<(String, String)>,
}

impl PostgresOptions {
    /// The password; without this one is made up. Clients prove a given one by SCRAM-SHA-256, as in production; one
    /// that was made up they send as it is, which costs a test that connects often next to nothing.
    #[must_use]
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Only encrypted connections are taken.
    #[must_use]
    pub fn tls(mut self, certificates: Certificates) -> Self {
        self.certificates = Some(certificates);
        self
    }

    /// Whether what was committed survives the *machine*; off unless said. A server that is killed loses nothing
    /// either way, for what it wrote is with the system already. (So full_page_writes stays on also without this: a
    /// kill can cut a write in two.)
    #[must_use]
    pub fn durable(mut self, durable: bool) -> Self {
        self.durable = durable;
        self
    }

    /// A folder for the data that outlives the server. What an earlier server left there is used again, with its
    /// password.
    #[must_use]
    pub fn data_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data = Some(folder.into());
        self
    }

    /// A setting as in `postgresql.conf`.
    #[must_use]
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// Starts the server; returns when it answers.
    ///
    /// # Errors
    /// When PostgreSQL is not installed ([`Error::Missing`]) or does not answer within 30 seconds.
    pub async fn launch(self) -> Result<Postgres, Error> {
        let place = Place::new(self.data.as_deref())?;
        let kept = fs::read_to_string(place.data.join(PASSWORD_FILE)).ok();
        let password = kept.or(self.password.clone()).unwrap_or_else(|| Uuid::new_v4().simple().to_string());
        if !place.data.join("PG_VERSION").exists() {
            place.init(&password).await?;
            place.allow(self.password.is_some(), self.certificates.is_some())?;
        }
        self.run(place, password).await
    }

    /// Starts a replica; returns when it answers.
    ///
    /// # Errors
    /// As [`PostgresOptions::launch`]; also when `primary` does not run.
    pub async fn launch_replica(mut self, primary: &Postgres) -> Result<Postgres, Error> {
        self.certificates = primary.certificates.clone();
        let place = Place::new(self.data.as_deref())?;
        let mut copy = place.program("pg_basebackup")?;
        copy.args(["--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync"]);
        copy.arg("--pgdata").arg(&place.data).args(["--no-password", "--username", USER]);
        copy.args(["--host=127.0.0.1", &format!("--port={}", primary.port)]);
        copy.env("PGPASSWORD", &primary.password);
        programs::run(copy).await?;
        self.run(place, primary.password.clone()).await
    }

    async fn run(self, place: Place, password: String) -> Result<Postgres, Error> {
        let Place { programs, folder, data, account } = place;
        let mut settings = self.settings.clone();
        if let Some(certificates) = &self.certificates {
            let of_server = account.as_ref();
            let (certificate, key) = (folder.join("server.crt"), folder.join("server.key"));
            write(&certificate, certificates.certificate(), of_server)?;
            write(&key, certificates.key(), of_server)?;
            settings.push(("ssl".to_owned(), "on".to_owned()));
            settings.push(("ssl_cert_file".to_owned(), certificate.display().to_string()));
            settings.push(("ssl_key_file".to_owned(), key.display().to_string()));
        }
        if !self.durable {
            settings.push(("fsync".to_owned(), "off".to_owned()));
        }
        let server = |port| Server::new(recipe(&programs, &folder, &data, account, port, &settings));
        let mut tries = PORTS_TRIED;
        let (port, server) = loop {
            let port = port::free().map_err(Error::system("cannot find a free port"))?;
            let server = server(port);
            tries -= 1;
            match super::start(&server, &programs, port).await {
                Err(Error::PortTaken { .. }) if tries > 0 => {}
                started => break started.map(|()| (port, server))?,
            }
        };
        let certificates = self.certificates;
        Ok(Postgres { server, port, password, certificates, programs, data, _folder: folder })
    }
}

fn recipe(
    programs: &Path,
    folder: &Folder,
    data: &Path,
    account: Option<Account>,
    port: u16,
    settings: &[(String, String)],
) -> Recipe {
    let mut args = vec!["-D".to_owned(), data.display().to_string()];
    let port_text = port.to_string();
    let ours = [
        ("listen_addresses", "127.0.0.1"),
        ("port", &port_text),
        ("unix_socket_directories", ""),
        ("max_connections", MAX_CONNECTIONS),
        // Files in the data folder, which go with it; the default leaves some in /dev/shm after a kill.
        ("dynamic_shared_memory_type", "mmap"),
    ];
    let given = settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in ours.into_iter().chain(given) {
        args.extend(["-c".to_owned(), format!("{name}={value}")]);
    }
    Recipe {
        name: "PostgreSQL",
        program: programs.join("postgres"),
        args,
        account,
        port,
        folder: folder.path().to_owned(),
        log: folder.join("log"),
        stop: Signal::SIGINT, // "fast shutdown"
        // "Immediate shutdown": also frees what the kernel holds for it, of which there is not much (see shmget(2)).
        end: Signal::SIGQUIT,
    }
}

/// Where a server comes into being, and as whom.
struct Place {
    programs: PathBuf,
    folder: Folder,
    data: PathBuf,
    account: Option<Account>,
}

impl Place {
    fn new(data: Option<&Path>) -> Result<Self, Error> {
        let programs = programs::postgres_programs()?;
        let account = Account::unprivileged()?;
        let folder = Folder::new()?;
        let data = data.map_or_else(|| folder.join("data"), Path::to_path_buf);
        fs::create_dir_all(&data).map_err(Error::system(format!("cannot make {}", data.display())))?;
        fs::set_permissions(&data, Permissions::from_mode(0o700))
            .and_then(|()| give(folder.path(), account.as_ref()))
            .and_then(|()| give(&data, account.as_ref()))
            .map_err(Error::system("cannot give the folder to PostgreSQL"))?;
        Ok(Self { programs, folder, data, account })
    }

    /// One of PostgreSQL's programs, as the server's account.
    fn program(&self, name: &str) -> Result<Command, Error> {
        let mut command = process::command(&self.programs.join(name), self.account, Signal::SIGKILL)?;
        command.current_dir(self.folder.path());
        Ok(command)
    }

    async fn init(&self, password: &str) -> Result<(), Error> {
        let file = self.folder.join(PASSWORD_FILE);
        write(&file, password, self.account.as_ref())?;
        let mut init = self.program("initdb")?;
        init.arg("--pgdata").arg(&self.data).arg("--pwfile").arg(&file);
        init.args([
            "--username",
            USER,
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]);
        programs::run(init).await?;
        write(&self.data.join(PASSWORD_FILE), password, self.account.as_ref())
    }

    /// Who may come in, and how they prove who they are.
    fn allow(&self, scram: bool, tls: bool) -> Result<(), Error> {
        let connection = if tls { "hostssl" } else { "host" };
        let method = if scram { "scram-sha-256" } else { "password" };
        let lines =
            ["all", "replication"].map(|what| format!("{connection} {what} all 127.0.0.1/32 {method}\n"));
        write(&self.data.join("pg_hba.conf"), &lines.concat(), self.account.as_ref())
    }
}

/// Writes a file that only the server reads.
fn write(path: &Path, text: &str, account: Option<&Account>) -> Result<(), Error> {
    fs::write(path, text)
        .and_then(|()| fs::set_permissions(path, Permissions::from_mode(0o600)))
        .and_then(|()| give(path, account))
        .map_err(Error::system(format!("cannot write {}", path.display())))
}

fn give(path: &Path, account: Option<&Account>) -> io::Result<()> {
    account.map_or(Ok(()), |account| chown(path, Some(account.uid), Some(account.gid)))
}

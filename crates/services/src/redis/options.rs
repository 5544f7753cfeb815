//! What a Redis server is told beforehand, and how it comes into being.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;

use super::Redis;
use crate::folder::Folder;
use crate::server::{Recipe, Server};
use crate::{Certificates, Error, port, programs};

/// How often another port is tried when somebody else was quicker.
const PORTS_TRIED: u32 = 5;

/// What a [`Redis`] is told beforehand.
#[derive(Default, Clone)]
pub struct RedisOptions {
    password: Option<String>,
    certificates: Option<Certificates>,
    persistent: bool,
    data: Option<PathBuf>,
    settings: Vec<String>,
    role: Role,
}

/// What the process is for.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    #[default]
    Server,
    ClusterNode,
    Sentinel,
}

impl RedisOptions {
    /// The password that clients need; letters and digits.
    #[must_use]
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Only encrypted connections are taken; nodes talk so among themselves too.
    #[must_use]
    pub fn tls(mut self, certificates: Certificates) -> Self {
        self.certificates = Some(certificates);
        self
    }

    /// Whether keys survive a stop and a kill (append-only file); off unless said.
    #[must_use]
    pub fn persistent(mut self, persistent: bool) -> Self {
        self.persistent = persistent;
        self
    }

    /// A folder for the data that outlives the server.
    #[must_use]
    pub fn data_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data = Some(folder.into());
        self
    }

    /// A line as in `redis.conf`.
    #[must_use]
    pub fn setting(mut self, line: impl Into<String>) -> Self {
        self.settings.push(line.into());
        self
    }

    pub(super) fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// Starts the server; returns when it answers.
    ///
    /// # Errors
    /// When Redis is not installed ([`Error::Missing`]) or does not answer within 30 seconds.
    pub async fn launch(self) -> Result<Redis, Error> {
        let mut tries = PORTS_TRIED;
        loop {
            let made = self.prepare()?;
            tries -= 1;
            match made.start().await {
                Err(Error::PortTaken { .. }) if tries > 0 => {}
                started => return started.map(|()| made),
            }
        }
    }

    fn prepare(&self) -> Result<Redis, Error> {
        let program = programs::redis_programs()?;
        let folder = Folder::new()?;
        let data = self.data.clone().unwrap_or_else(|| folder.join("data"));
        fs::create_dir_all(&data).map_err(Error::system(format!("cannot make {}", data.display())))?;
        let free = || port::free().map_err(Error::system("cannot find a free port"));
        let port = free()?;
        let bus = if self.role == Role::ClusterNode { Some(free()?) } else { None };
        let socket = folder.join("socket");

        // Written once: Sentinels note what they learn in this file, and in those of the servers that they watch.
        let configuration = folder.join("redis.conf");
        let lines = self.lines(&folder, &data, &socket, port, bus)?;
        write(&configuration, &(lines.join("\n") + "\n"))?;

        let mut args = vec![configuration.display().to_string()];
        if self.role == Role::Sentinel {
            args.push("--sentinel".to_owned());
        }
        let server = Server::new(Recipe {
            name: if self.role == Role::Sentinel { "Redis Sentinel" } else { "Redis" },
            program,
            args,
            account: None,
            port,
            folder: folder.path().to_owned(),
            log: folder.join("log"),
            stop: Signal::SIGTERM,
            end: Signal::SIGKILL,
        });
        let (password, certificates) = (self.password.clone(), self.certificates.clone());
        Ok(Redis { server, port, bus, password, certificates, socket, _folder: folder })
    }

    fn lines(
        &self,
        folder: &Folder,
        data: &Path,
        socket: &Path,
        port: u16,
        bus: Option<u16>,
    ) -> Result<Vec<String>, Error> {
        let mut lines = vec![
            "bind 127.0.0.1".to_owned(),
            format!("dir \"{}\"", data.display()),
            format!("unixsocket \"{}\"", socket.display()),
            "unixsocketperm 700".to_owned(),
        ];
        if let Some(certificates) = &self.certificates {
            let mut file = |directive: &str, name: &str, pem: &str| {
                let path = folder.join(name);
                lines.push(format!("{directive} \"{}\"", path.display()));
                write(&path, pem)
            };
            file("tls-ca-cert-file", "authority.crt", certificates.authority())?;
            file("tls-cert-file", "server.crt", certificates.certificate())?;
            file("tls-key-file", "server.key", certificates.key())?;
            lines.extend(["port 0".to_owned(), format!("tls-port {port}")]);
            lines.extend(["tls-auth-clients no", "tls-replication yes"].map(str::to_owned));
        } else {
            lines.push(format!("port {port}"));
        }
        if let Some(password) = &self.password {
            lines.push(format!("requirepass {password}"));
            if self.role != Role::Sentinel {
                lines.push(format!("masterauth {password}"));
            }
        }
        if self.role != Role::Sentinel {
            lines.push("save \"\"".to_owned());
            lines.push(format!("appendonly {}", if self.persistent { "yes" } else { "no" }));
            // A replica that has lost its master gets a copy at once instead of waiting five seconds for more replicas.
            lines.push("repl-diskless-sync-delay 0".to_owned());
        }
        if let Some(bus) = bus {
            lines.extend(["cluster-enabled yes".to_owned(), format!("cluster-port {bus}")]);
            lines.extend(["cluster-announce-ip 127.0.0.1", "cluster-node-timeout 2000"].map(str::to_owned));
            if self.certificates.is_some() {
                lines.push("tls-cluster yes".to_owned());
            }
        }
        lines.extend(self.settings.iter().cloned());
        Ok(lines)
    }
}

/// Writes a file that only the server reads.
fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text)
        .and_then(|()| fs::set_permissions(path, Permissions::from_mode(0o600)))
        .map_err(Error::system(format!("cannot write {}", path.display())))
}

//! A server in a folder of its own, on a port of its own, that needs nobody.

use super::{BINARY, GENEROUS, Mailbox, Process, Site};
use std::io::{BufRead, BufReader};
use std::ops::Deref;
use std::path::Path;
use std::process::{Command, Output};

/// A command of the binary on the data in `folder`, with nothing of the caller's environment.
pub(crate) fn command(folder: &Path, args: &[&str]) -> Command {
    site(folder).command(BINARY, args)
}

/// Runs a command to its end; `input` is what it reads.
pub(crate) fn run(folder: &Path, args: &[&str], input: &str) -> Output {
    site(folder).run(args, input)
}

fn site(folder: &Path) -> Site {
    let data = folder.join("data").into_os_string().into_string().unwrap();
    Site::new(folder.to_owned(), vec![("DATA_DIR".to_owned(), data)], Mailbox::Dev)
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    process: Process,
    site: Site,
}

impl Server {
    /// Starts a server on the data in `folder`, with limits that no journey meets unless `env` says otherwise.
    pub(crate) fn start(folder: &Path, env: &[(&str, &str)]) -> Self {
        let mut site = site(folder);
        let mut command = site.command(BINARY, &["serve"]);
        command.envs(GENEROUS).env("PORT", "0").envs(env.iter().copied());
        let mut process = Process::start(&mut command);
        let mut lines = BufReader::new(process.output()).lines();
        let base = lines.find_map(|line| {
            let line = line.unwrap();
            Some(line.trim().strip_prefix("API")?.trim().strip_suffix("/api/v1")?.to_owned())
        });
        let Some(base) = base else { panic!("the server did not start: {}", process.log()) };
        site.bases.push(base);
        Self { process, site }
    }

    /// Ends it without warning and starts another on the same data.
    pub(crate) fn kill_and_restart(mut self) -> Self {
        self.process.kill();
        Self::start(&self.site.folder, &[])
    }

    /// Asks it to stop; says what it wrote to the log.
    pub(crate) fn stop(self) -> (bool, String) {
        self.process.stop()
    }
}

impl Deref for Server {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

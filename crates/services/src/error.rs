//! What can go wrong with a throwaway server, in sentences that say what to do.

use std::io;
use std::path::PathBuf;

/// Why a server could not be started, stopped or asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program is not installed.
    #[error("`{program}` is missing: install the Debian package `{package}`")]
    Missing {
        /// Its name.
        program: &'static str,
        /// The package that brings it.
        package: &'static str,
    },
    /// The system refused something.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody else listens on the port.
    #[error("{server}: port {port} is taken")]
    PortTaken {
        /// Which server.
        server: &'static str,
        /// The port that it was to have.
        port: u16,
    },
    /// The server process ended while it was waited for.
    #[error("{server} ended by itself; it said:\n{log}")]
    Ended {
        /// Which server.
        server: &'static str,
        /// The end of its log.
        log: String,
    },
    /// The server did not get there in time.
    #[error("{server} is not {state} after {seconds} s; it said:\n{log}")]
    Late {
        /// Which server.
        server: &'static str,
        /// What was waited for.
        state: &'static str,
        /// How long, in seconds.
        seconds: u64,
        /// The end of its log.
        log: String,
    },
    /// A program that was called for its effect failed.
    #[error("`{program}` failed: {message}")]
    Failed {
        /// Its file.
        program: PathBuf,
        /// What it said.
        message: String,
    },
    /// Redis answered with an error.
    #[error("Redis refused {command}: {message}")]
    Refused {
        /// The command's name.
        command: String,
        /// What it said.
        message: String,
    },
    /// Certificates could not be made.
    #[error("cannot make certificates: {0}")]
    Certificates(#[from] rcgen::Error),
}

impl Error {
    /// For `map_err`: the system's error with what was tried.
    pub(crate) fn system(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        |source| Self::System { what, source }
    }
}

//! Where the servers' programs are, and calling those that do one thing and end.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::Command;

use crate::Error;

/// Where Debian and Ubuntu put PostgreSQL, one folder per version, for several can be installed side by side.
const DEBIAN_POSTGRES: &str = "/usr/lib/postgresql";
/// No single call may take longer.
const LIMIT: Duration = Duration::from_secs(60);

/// The folder with PostgreSQL's programs: the newest version of `/usr/lib/postgresql/*/bin`, else from `PATH`.
///
/// # Errors
/// [`Error::Missing`] when PostgreSQL is not installed.
pub fn postgres_programs() -> Result<PathBuf, Error> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(DEBIAN_POSTGRES)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, programs)| programs.join("initdb").is_file() && programs.join("postgres").is_file())
        .collect();
    versions.sort();
    if let Some((_, programs)) = versions.pop() {
        return Ok(programs);
    }
    let initdb = in_path("initdb", "postgresql")?;
    // On some systems the file in PATH is a link into the folder where all of them are.
    let initdb = initdb.canonicalize().unwrap_or(initdb);
    Ok(initdb.parent().map(Path::to_path_buf).unwrap_or_default())
}

/// The file of `redis-server`, from `PATH`.
///
/// # Errors
/// [`Error::Missing`] when Redis is not installed.
pub fn redis_programs() -> Result<PathBuf, Error> {
    in_path("redis-server", "redis-server")
}

pub(crate) fn setpriv() -> Result<PathBuf, Error> {
    in_path("setpriv", "util-linux")
}

fn in_path(program: &'static str, package: &'static str) -> Result<PathBuf, Error> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut files = env::split_paths(&path).map(|folder| folder.join(program));
    files.find(|file| file.is_file()).ok_or(Error::Missing { program, package })
}

/// Runs the command to its end and returns what it printed; fails with what it complained about.
pub(crate) async fn run(command: std::process::Command) -> Result<String, Error> {
    let program = PathBuf::from(command.get_program());
    let failed = |message: String| Error::Failed { program: program.clone(), message };
    let mut command = Command::from(command);
    let output = command.stdin(std::process::Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(LIMIT, output)
        .await
        .map_err(|_| failed(format!("no end after {} s", LIMIT.as_secs())))?
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(failed(format!("{}: {}", output.status, complaint.trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_names_its_package() {
        let error = in_path("no-such-program", "some-package").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`no-such-program` is missing: install the Debian package `some-package`"
        );
    }

    #[tokio::test]
    async fn a_failing_program_is_quoted() {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "echo so what >&2; exit 3"]);
        let error = run(command).await.unwrap_err();
        assert!(error.to_string().contains("so what"), "{error}");
    }
}

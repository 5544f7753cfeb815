//! The embedded mode's own secrets: made on the first start, kept in files that only their owner may read.

use crate::error::WiringError;
use evently_auth_domain::ports::Entropy;
use std::fs::{DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use tempfile::NamedTempFile;

/// The fewest bytes of a secret; a file with fewer was cut off or written by somebody else.
const MIN_BYTES: usize = 32;

/// The text in `directory/name`; on the first start what `make` gives, which then stays.
///
/// Two programs that start at once agree on one: the file appears complete or not at all.
///
/// # Errors
/// When the file cannot be read or written.
pub(crate) fn keep(
    directory: &Path,
    name: &str,
    make: impl FnOnce() -> Result<String, WiringError>,
) -> Result<String, WiringError> {
    let path = directory.join(name);
    let failed = |source| WiringError::Folder { path: path.clone(), source };
    match read(&path) {
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => {}
        found => return found.map_err(failed),
    }
    let text = make()?;
    let draft = NamedTempFile::new_in(directory).map_err(failed)?; // mode 0600
    writeln!(draft.as_file(), "{text}").and_then(|()| draft.as_file().sync_all()).map_err(failed)?;
    match draft.persist_noclobber(&path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error.error)),
        _ => File::open(directory).and_then(|folder| folder.sync_all()).map_err(failed)?,
    }
    read(&path).map_err(failed)
}

/// 256 random bits as 64 hexadecimal digits.
///
/// # Errors
/// When there is no randomness to be had.
pub(crate) fn random_secret(entropy: &dyn Entropy) -> Result<String, WiringError> {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A folder that only its owner may enter; one that is there already keeps its mode.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn private_folder(path: &Path) -> Result<(), WiringError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| WiringError::Folder { path: path.to_owned(), source })
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.read_to_string(&mut text)?;
    if text.trim_end().len() < MIN_BYTES {
        let why = "it has fewer than 32 bytes, so it is no secret that was made here; restore it";
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    Ok(text.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_is_made_once_and_kept_to_the_owner() {
        let folder = tempfile::tempdir().unwrap();
        let first = keep(folder.path(), "secret", || Ok("one".repeat(11))).unwrap();
        let second = keep(folder.path(), "secret", || Ok("two".repeat(11))).unwrap();
        assert_eq!((first, second), ("one".repeat(11), "one".repeat(11)));
        let mode = fs::metadata(folder.path().join("secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left behind");
    }

    #[test]
    fn a_file_that_was_cut_off_is_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("secret"), "").unwrap();
        assert!(keep(folder.path(), "secret", || Ok("one".repeat(11))).is_err());
    }

    #[test]
    fn programs_that_start_at_once_agree() {
        let folder = tempfile::tempdir().unwrap();
        let make = |number| keep(folder.path(), "secret", || Ok(format!("{number:032}"))).unwrap();
        let made: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..16).map(|number| scope.spawn(move || make(number))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(made.iter().all(|secret| *secret == made[0]), "{made:?}");
    }
}

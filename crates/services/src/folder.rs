//! Temporary folders that do not outlive their process for long: dropped, they are removed; a process that was killed
//! leaves them to the next one that makes such a folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::Error;

const PREFIX: &str = "evently-auth-services-";
const LOCK: &str = "in-use";

/// A folder of its own, removed on drop.
pub(crate) struct Folder {
    folder: TempDir,
    /// Held as long as the folder is in use: the kernel lets go of it however this process ends.
    _lock: File,
}

impl Folder {
    pub(crate) fn new() -> Result<Self, Error> {
        let parent = std::env::temp_dir();
        sweep(&parent);
        loop {
            let made = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&parent);
            let folder = made.map_err(Error::system("cannot make a temporary folder"))?;
            let lock = File::create(folder.path().join(LOCK)).map_err(Error::system("cannot make a lock"))?;
            // Another process may sweep between the two steps; then this folder is lost, and the next is tried.
            if lock.try_lock().is_ok() && folder.path().join(LOCK).exists() {
                return Ok(Self { folder, _lock: lock });
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Removes the folders of processes that were killed. What cannot be removed (another user's) stays.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(PREFIX)
            && let Ok(lock) = File::open(entry.path().join(LOCK))
            && lock.try_lock().is_ok()
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_with_its_handle() {
        let folder = Folder::new().unwrap();
        let path = folder.path().to_owned();
        fs::write(folder.join("file"), "text").unwrap();
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn what_a_killed_process_left_is_swept_and_what_is_in_use_stays() {
        let parent = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let path = parent.path().join(name);
            fs::create_dir(&path).unwrap();
            (File::create(path.join(LOCK)).unwrap(), path)
        };
        let (_, left) = make("evently-auth-services-left");
        let (lock, used) = make("evently-auth-services-used");
        let (_, other) = make("somebody-elses");
        lock.try_lock().unwrap();

        sweep(parent.path());

        assert!(!left.exists());
        assert!(used.exists());
        assert!(other.exists());
    }
}

//! The files: nobody else's business, and without traces of what was wiped.

use crate::{Database, open};
use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use evently_auth_contract::given;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreErrorKind;
use evently_auth_domain::mail::{Delivery, SealedMail};
use evently_auth_domain::ports::Outbox;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn only_the_owner_may_read() {
    let database = Database::new().await;
    database.add(given::user("ada")).await;
    for name in ["auth.db", "auth.db-wal", "auth.db-shm"] {
        assert_eq!(mode(&database.folder.path().join(name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_file_that_is_there_keeps_its_mode() {
    let database = Database::new().await;
    fs::set_permissions(database.file(), fs::Permissions::from_mode(0o640)).unwrap();
    open(&database.file()).await.unwrap();
    assert_eq!(mode(&database.file()), 0o640);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let notes = "nothing to do with it ".repeat(100);
    fs::write(&path, &notes).unwrap();
    assert_eq!(open(&path).await.err().unwrap().kind, StoreErrorKind::Corrupt);
    assert_eq!(fs::read_to_string(&path).unwrap(), notes);
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing/auth.db");
    let failure = open(&path).await.err().unwrap();
    assert_eq!(failure.kind, StoreErrorKind::Unavailable);
    assert!(failure.to_string().contains("missing/auth.db"), "{failure}");
}

/// A name that SQLite could take for a URI is a name.
#[tokio::test]
async fn any_name_is_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file:auth.db?mode=memory");
    open(&path).await.unwrap().migrate_up().await.unwrap();
    assert!(fs::metadata(&path).unwrap().len() > 0);
}

#[tokio::test]
async fn the_payload_of_a_sent_mail_is_gone_from_the_disk() {
    let Database { store, folder } = Database::new().await;
    let mark = b"a payload that can be recognised ".repeat(200);
    for delivery in [Delivery::Sent, Delivery::Expired] {
        let mail = SealedMail { payload: mark.clone(), ..given::code_mail(0) };
        store.put(Effects::default().mail(mail)).await.unwrap();
        let jobs = store.claim(1, TimeDelta::minutes(1), given::at(1)).await.unwrap();
        assert!(store.settle(&jobs[0], delivery).await.unwrap());
    }
    let database = Database { store, folder };
    database.raw().batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let bytes = fs::read(database.file()).unwrap();
    assert!(!bytes.windows(32).any(|window| window == &mark[..32]));
}

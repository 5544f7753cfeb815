//! What was acknowledged is there after a restart, whether the process ended well or was killed.

use crate::{Database, file, open};
use evently_auth_clock::MovableClock;
use evently_auth_contract::given;
use evently_auth_domain::code::{CodeCheck, CodeMac, CodeSlot, StoredCode};
use evently_auth_domain::ports::{AuditLog, Codes, Outbox, Sessions, Users};
use evently_auth_sqlite::{SqliteCodes, SqliteStore};
use std::fs;
use std::path::Path;
use std::sync::Arc;

const SLOT: CodeSlot = CodeSlot([1; 32]);
const RIGHT: CodeMac = CodeMac([2; 32]);

fn codes(store: &SqliteStore) -> SqliteCodes {
    SqliteCodes::new(store.clone(), Arc::new(MovableClock::default()))
}

/// Everything that a store keeps, in one text.
async fn everything(store: &SqliteStore) -> String {
    let users = Users::list(store, &given::everybody()).await.unwrap();
    let session = Sessions::find(store, &given::sid(1)).await.unwrap();
    let mails = Outbox::list(store, None, 10).await.unwrap();
    let (rows, seals) = (store.rows(0, 10).await.unwrap(), store.seals(0, 10).await.unwrap());
    format!("{users:?} {session:?} {mails:?} {rows:?} {seals:?}")
}

/// A database with something in each table, and what is in it.
async fn filled() -> (Database, String) {
    let database = Database::new().await;
    let store = &database.store;
    let ada = database.add(given::user("ada")).await;
    database.open_session(&ada, 1).await;
    store.put(given::effects()).await.unwrap();
    let seal = given::seal(None, &store.unsealed(10).await.unwrap());
    assert!(store.append_seal(0, seal.clone(), given::end(&seal)).await.unwrap());
    codes(store).put(SLOT, Some(StoredCode { mac: RIGHT, subject: ada.id, note: None })).await.unwrap();
    let content = everything(store).await;
    (database, content)
}

async fn assert_holds(path: &Path, content: &str) {
    let store = open(path).await.unwrap();
    assert_eq!(everything(&store).await, content);
    let check = codes(&store).check(SLOT, RIGHT).await.unwrap();
    assert!(matches!(check, CodeCheck::Accepted { .. }));
}

#[tokio::test]
async fn reopening_keeps_everything() {
    let (Database { store, folder }, content) = filled().await;
    drop(store);
    assert_holds(&file(folder.path()), &content).await;
}

/// The files as a killed process leaves them: the log beside the database holds what was not moved over yet.
#[tokio::test]
async fn a_killed_process_loses_nothing() {
    let (database, content) = filled().await;
    let left = tempfile::tempdir().unwrap();
    for name in ["auth.db", "auth.db-wal"] {
        fs::copy(database.folder.path().join(name), left.path().join(name)).unwrap();
    }
    assert!(fs::metadata(left.path().join("auth.db-wal")).unwrap().len() > 0);
    assert_holds(&file(left.path()), &content).await;
}

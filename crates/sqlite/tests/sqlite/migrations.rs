//! The schema goes up, down and up again, and never past a version that is not known.

use crate::{Database, file, number, open};
use diesel::connection::SimpleConnection;
use evently_auth_contract::given;

const TABLES: &str = "SELECT count(*) AS number FROM sqlite_schema WHERE type IN ('table', 'trigger')
    AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_\\_diesel%' ESCAPE '\\'";

#[tokio::test]
async fn up_down_and_up_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&file(folder.path())).await.unwrap();
    let before = store.migration_status().await.unwrap();
    assert!(!before.is_empty());
    assert!(before.iter().all(|(_, applied)| !applied));
    let names: Vec<_> = before.into_iter().map(|(name, _)| name).collect();
    assert!(names.is_sorted());

    assert_eq!(store.migrate_up().await.unwrap(), names);
    assert_eq!(store.migrate_up().await.unwrap(), Vec::<String>::new());
    assert!(store.migration_status().await.unwrap().iter().all(|(_, applied)| *applied));

    let database = Database { store, folder };
    database.add(given::user("ada")).await;
    let mut raw = database.raw();
    assert!(number(&mut raw, TABLES) > 0);
    let back = database.store.migrate_down(usize::MAX).await.unwrap();
    assert!(back.iter().eq(names.iter().rev()));
    assert_eq!(number(&mut raw, TABLES), 0, "nothing is left behind");
    assert_eq!(database.store.migrate_down(1).await.unwrap(), Vec::<String>::new());

    assert_eq!(database.store.migrate_up().await.unwrap(), names);
    database.add(given::user("ada")).await;
}

#[tokio::test]
async fn steps_are_counted() {
    let database = Database::new().await;
    let all = database.store.migration_status().await.unwrap();
    assert_eq!(database.store.migrate_down(0).await.unwrap(), Vec::<String>::new());
    let back = database.store.migrate_down(1).await.unwrap();
    assert_eq!(back, [all.last().unwrap().0.clone()]);
    assert_eq!(database.store.migration_status().await.unwrap().iter().filter(|(_, on)| !on).count(), 1);
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let database = Database::new().await;
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231000001')";
    database.raw().batch_execute(newer).unwrap();
    let refusal = open(&database.file()).await.err().unwrap().to_string();
    assert!(refusal.contains("newer version"), "{refusal}");
    assert!(refusal.contains("99991231000001"), "{refusal}");
    assert!(database.store.migrate_up().await.is_err());
    assert!(database.store.migrate_down(1).await.is_err());
}

#[tokio::test]
async fn two_processes_may_migrate_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path());
    let (one, other) = (open(&path).await.unwrap(), open(&path).await.unwrap());
    let (one, other) = tokio::join!(one.migrate_up(), other.migrate_up());
    let (one, other) = (one.unwrap(), other.unwrap());
    assert!(one.is_empty() != other.is_empty(), "one does it, the other finds it done");
}

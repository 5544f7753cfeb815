//! The schema goes up, down and up again, one migrator at a time, and never keeps the service waiting.

use crate::support::store;
use crate::{Database, number};
use evently_auth_clock::MovableClock;
use evently_auth_contract::given;
use evently_auth_domain::audit::{AuditAction, AuditLink};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::keys::Keys;
use evently_auth_domain::ports::{AuditLog, Outbox, Users};
use evently_auth_domain::{Auth, Ports};
use evently_auth_memory::MemoryWorld;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::Client;

/// Every table, column, index, constraint, trigger and function of ours, in words; not those of extensions.
async fn schema(raw: &Client) -> Vec<String> {
    let sql = "
        SELECT format('%s %s %s %s %s', table_name, ordinal_position, column_name, data_type, collation_name)
            FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
        UNION ALL SELECT format('%s %s %s', relname, relkind, reloptions) FROM pg_class
            WHERE relnamespace = 'public'::regnamespace
        ORDER BY 1";
    let rows = raw.query(sql, &[]).await.unwrap();
    let lines = rows.into_iter().map(|row| row.get::<_, String>(0));
    lines.filter(|line| !line.contains("__diesel_schema_migrations")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn up_down_and_up_again() {
    let database = Database::bare().await;
    let store = &database.store;
    let raw = database.raw().await;
    let before = store.migration_status().await.unwrap();
    assert!(!before.is_empty());
    assert!(before.iter().all(|(_, applied)| !applied));
    let names: Vec<_> = before.into_iter().map(|(name, _)| name).collect();
    assert!(names.is_sorted());
    assert_eq!(store.pending_migrations().await.unwrap(), names);

    assert_eq!(store.migrate_up().await.unwrap(), names);
    assert_eq!(store.migrate_up().await.unwrap(), Vec::<String>::new());
    assert!(store.migration_status().await.unwrap().iter().all(|(_, applied)| *applied));
    assert_eq!(store.pending_migrations().await.unwrap(), Vec::<String>::new());
    let first = schema(&raw).await;
    assert!(first.len() > 100, "{}", first.len());
    database.add(given::user("ada")).await;

    let back = store.migrate_down(usize::MAX).await.unwrap();
    assert!(back.iter().eq(names.iter().rev()));
    assert_eq!(schema(&raw).await, Vec::<String>::new(), "nothing is left behind");
    assert_eq!(store.migrate_down(1).await.unwrap(), Vec::<String>::new());

    assert_eq!(store.migrate_up().await.unwrap(), names);
    assert_eq!(schema(&raw).await, first);
    database.add(given::user("ada")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_are_counted() {
    let database = Database::new().await;
    let all = database.store.migration_status().await.unwrap();
    assert_eq!(database.store.migrate_down(0).await.unwrap(), Vec::<String>::new());
    let back = database.store.migrate_down(1).await.unwrap();
    assert_eq!(back, [all.last().unwrap().0.clone()]);
    assert_eq!(database.store.migration_status().await.unwrap().iter().filter(|(_, on)| !on).count(), 1);
}

/// The version before serves while the next one is rolled out, and may be started again.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_version_serves_and_is_not_taken_back() {
    let database = Database::new().await;
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231000001')";
    database.raw().await.batch_execute(newer).await.unwrap();
    assert_eq!(database.store.pending_migrations().await.unwrap(), Vec::<String>::new());
    assert_eq!(database.store.migrate_up().await.unwrap(), Vec::<String>::new());
    let refusal = database.store.migrate_down(1).await.unwrap_err().to_string();
    assert!(refusal.contains("newer version"), "{refusal}");
    assert!(refusal.contains("99991231000001"), "{refusal}");
    database.add(given::user("ada")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_may_migrate_at_once() {
    let database = Database::bare().await;
    let (one, two, three) = (store(&database.server), store(&database.server), store(&database.server));
    let (one, two, three) = tokio::join!(one.migrate_up(), two.migrate_up(), three.migrate_up());
    let applied = [one.unwrap(), two.unwrap(), three.unwrap()];
    let worked = applied.iter().filter(|applied| !applied.is_empty()).count();
    assert_eq!(worked, 1, "one does it, the others find it done: {applied:?}");
}

/// Builds an index beside the service.
const INDEX: &str = "2026-11-29-000026_users_unverified";

async fn before_the_index(database: &Database) {
    let status = database.store.migration_status().await.unwrap();
    let place = status.iter().position(|(name, _)| name == INDEX).unwrap();
    let back = database.store.migrate_down(status.len() - place).await.unwrap();
    assert_eq!(back.last().unwrap(), INDEX);
}

/// An index that is built beside the service is built anew when an attempt broke off.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_broken_migration_left_is_replaced() {
    let database = Database::new().await;
    let raw = database.raw().await;
    before_the_index(&database).await;
    // As CREATE INDEX CONCURRENTLY leaves it when its connection is lost.
    raw.batch_execute(
        "CREATE INDEX users_unverified ON users (id);
        UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_unverified'::regclass",
    )
    .await
    .unwrap();
    assert_eq!(database.store.migrate_up().await.unwrap().first().unwrap(), INDEX);
    let valid = "SELECT count(*) FROM pg_index
        WHERE indexrelid = 'users_unverified'::regclass AND indisvalid AND indpred IS NOT NULL";
    assert_eq!(number(&raw, valid).await, 1);
}

/// A transaction of somebody who wrote keeps the migration waiting, and the migration keeps nobody waiting who writes.
#[tokio::test(flavor = "multi_thread")]
async fn writers_go_on_while_an_index_is_built() {
    let database = Database::new().await;
    before_the_index(&database).await;
    let (holder, writer) = (database.raw().await, database.raw().await);
    // The lock of whoever writes, held by one that takes long, and asked for by another that would not wait for long.
    holder.batch_execute("BEGIN; LOCK TABLE users IN ROW EXCLUSIVE MODE").await.unwrap();
    writer.batch_execute("SET lock_timeout = '200ms'").await.unwrap();
    let store = database.store.clone();
    let migration = tokio::spawn(async move { store.migrate_up().await });
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
        AND wait_event_type = 'Lock' AND query LIKE '%CREATE INDEX%' AND pid <> pg_backend_pid()";
    while number(&writer, waiting).await == 0 {
        assert!(!migration.is_finished(), "it waits for the one that wrote");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for number in 0..10 {
        let write = "BEGIN; LOCK TABLE users IN ROW EXCLUSIVE MODE; COMMIT";
        writer.batch_execute(write).await.expect("whoever writes goes on");
        database.add(given::user(&format!("user{number}"))).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!migration.is_finished());
    holder.batch_execute("COMMIT").await.unwrap();
    assert_eq!(migration.await.unwrap().unwrap().first().unwrap(), INDEX);
    assert_eq!(number(&writer, "SELECT count(*) FROM users").await, 10);
}

/// A worker of that version seals with its own statement while the other one is rolled out, and after it.
#[tokio::test(flavor = "multi_thread")]
async fn the_version_before_the_ends_goes_on_sealing() {
    let database = Database::new().await;
    let (store, raw) = (&database.store, database.raw().await);
    let former = "WITH free AS (
            SELECT id FROM audit_log WHERE id = ANY($1) AND sealed_by IS NULL ORDER BY id FOR NO KEY UPDATE
        ), appended AS (
            INSERT INTO audit_seals (number, covers, at, mac) SELECT $2, $3, $4, $5
            WHERE (SELECT count(*) FROM free) = cardinality($1::bigint[])
                AND (SELECT coalesce(max(number), 0) + 1 FROM audit_seals) = $2
            ON CONFLICT (number) DO NOTHING
            RETURNING number
        ), marked AS (
            UPDATE audit_log SET sealed_by = appended.number FROM appended JOIN free ON true
            WHERE audit_log.id = free.id
        ) SELECT EXISTS (SELECT FROM appended)";
    let world = MemoryWorld::new(Arc::new(MovableClock::default()));
    let keys = Keys { audit: given::audit_key(), ..world.keys().clone() };
    let shared = Arc::new(store.clone());
    let ports = Ports { outbox: shared.clone(), audit_log: shared, ..world.ports() };
    let auth = Auth::new(ports, world.settings().clone(), keys);
    let told = |detail: String| Effects::audit(given::event(AuditAction::LoggedIn).with(detail));
    for round in 0..3 {
        store.put(told(format!("before {round}"))).await.unwrap();
        let rows = store.unsealed(10).await.unwrap();
        let last = store.last_seal().await.unwrap().map_or(AuditLink::NONE, |last| last.link());
        let seal = given::audit_key().former_seal(last, &rows, given::at(round));
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let covers: Vec<u8> =
            seal.rows.iter().flat_map(|(id, mac)| id.to_be_bytes().into_iter().chain(mac.0)).collect();
        let at =
            std::time::UNIX_EPOCH + Duration::from_micros(u64::try_from(seal.at.timestamp_micros()).unwrap());
        let sealed = raw.query_one(former, &[&ids, &seal.number, &covers, &at, &seal.mac.0.as_slice()]).await;
        assert!(sealed.unwrap().get::<_, bool>(0));
        assert_eq!(auth.verify_audit().await.unwrap().findings, []);
        store.put(told(format!("after {round}"))).await.unwrap();
        assert_eq!(auth.seal_audit(10).await.unwrap().map(|sealed| sealed.rows), Some(1));
        let report = auth.verify_audit().await.unwrap();
        assert_eq!((report.findings, report.end.unwrap().link.number), (vec![], 2 * round + 2));
    }
}

/// Somebody reads for long, and others would queue behind a migration that waits for its lock.
#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_waits_for_a_lock_keeps_nobody_waiting_for_long() {
    let database = Database::new().await;
    let ada = database.add(given::user("ada")).await;
    let reader = database.raw().await;
    reader.batch_execute("BEGIN; SELECT * FROM users").await.unwrap();
    let store = database.store.clone();
    let migration = tokio::spawn(async move { store.migrate_down(usize::MAX).await });
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(Users::find(&database.store, ada.id).await.unwrap().as_ref(), Some(&ada));
    }
    reader.batch_execute("COMMIT").await.unwrap();
    assert!(!migration.await.unwrap().unwrap().is_empty());
    assert_eq!(
        number(&database.raw().await, "SELECT count(*) FROM pg_class WHERE relname = 'users'").await,
        0
    );
}

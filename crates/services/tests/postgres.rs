//! PostgreSQL: started, asked, stopped, killed, frozen, started again, and gone without a trace.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::time::{Duration, Instant};

use evently_auth_services::{Certificates, Postgres};

async fn count(postgres: &Postgres) -> String {
    postgres.sql("postgres", "SELECT count(*) FROM t").await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_committed_survives_kill_stop_and_frost() {
    let postgres = Postgres::launch().await.unwrap();
    let (port, url) = (postgres.port(), postgres.url());
    postgres.sql("postgres", "CREATE TABLE t (); INSERT INTO t DEFAULT VALUES").await.unwrap();

    postgres.kill().await.unwrap();
    assert!(postgres.pid().is_none());
    assert!(postgres.sql("postgres", "SELECT 1").await.is_err(), "a killed server answers nobody");
    postgres.start().await.unwrap();
    assert_eq!((postgres.port(), postgres.url()), (port, url), "the same place");
    assert_eq!(count(&postgres).await, "1");

    postgres.restart().await.unwrap();
    assert_eq!(count(&postgres).await, "1");

    // A connection that is open already stands still too: its backend is a process group of its own.
    let slept = async {
        let start = Instant::now();
        postgres.sql("postgres", "SELECT pg_sleep(0.4)").await.unwrap();
        start.elapsed()
    };
    let frost = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        postgres.freeze().unwrap();
        tokio::time::sleep(Duration::from_millis(800)).await;
        postgres.thaw().unwrap();
    };
    let (slept, ()) = tokio::join!(slept, frost);
    assert!(slept >= Duration::from_millis(950), "answered while frozen, after {slept:?}");
    assert_eq!(count(&postgres).await, "1");

    postgres.freeze().unwrap();
    postgres.kill().await.unwrap();
    postgres.start().await.unwrap();
    assert_eq!(count(&postgres).await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_when_the_handle_is_dropped() {
    let postgres = Postgres::launch().await.unwrap();
    let pid = postgres.pid().unwrap();
    let folder = postgres.data_folder().parent().unwrap().to_owned();
    let backend =
        postgres.sql("postgres", "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'");
    let backend = backend.await.unwrap();
    assert!(Path::new("/proc").join(&backend).exists());
    postgres.freeze().unwrap();

    drop(postgres);

    assert!(!Path::new("/proc").join(pid.to_string()).exists());
    assert!(!Path::new("/proc").join(&backend).exists());
    assert!(!folder.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn options_are_obeyed_and_a_given_folder_is_used_again() {
    let folder = tempfile::Builder::new().prefix("given-").tempdir().unwrap();
    let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), everybody).unwrap();
    let options = Postgres::options()
        .password("open sesame")
        .tls(Certificates::generate().unwrap())
        .durable(true)
        .setting("statement_timeout", "3s")
        .data_folder(folder.path().join("data"));

    let postgres = options.clone().launch().await.unwrap();
    assert!(postgres.url().contains(":open%20sesame@") && postgres.url().ends_with("?sslmode=require"));
    let asked = "SELECT current_setting('fsync'), current_setting('statement_timeout'), ssl \
                 FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert_eq!(postgres.sql("postgres", asked).await.unwrap(), "on|3s|t");
    postgres.create_database("kept").await.unwrap();
    drop(postgres);

    let again = options.launch().await.unwrap();
    assert_eq!(again.sql("kept", "SELECT 1").await.unwrap(), "1");
    let plain = again.url().replace("require", "disable");
    let psql = evently_auth_services::postgres_programs().unwrap().join("psql");
    let output = std::process::Command::new(psql).args([&plain, "-c", "SELECT 1"]).output().unwrap();
    assert!(!output.status.success(), "a connection without TLS was taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_follows_and_refuses_writes() {
    let primary = Postgres::launch().await.unwrap();
    let replica = Postgres::replica_of(&primary).await.unwrap();
    primary.sql("postgres", "CREATE TABLE t (); INSERT INTO t DEFAULT VALUES").await.unwrap();

    let start = Instant::now();
    while replica.sql("postgres", "SELECT count(*) FROM t").await.ok().as_deref() != Some("1") {
        assert!(start.elapsed() < Duration::from_secs(10), "the replica does not follow");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let refused = replica.sql("postgres", "INSERT INTO t DEFAULT VALUES").await.unwrap_err();
    assert!(refused.to_string().contains("read-only"), "{refused}");

    primary.kill().await.unwrap();
    assert_eq!(count(&replica).await, "1");
}

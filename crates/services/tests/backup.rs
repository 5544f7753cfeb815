//! `deploy/backup`: what was backed up comes back, whole or not at all, and what must stay in the past stays there.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use evently_auth_services::Postgres;
use tempfile::TempDir;

/// An account that has deleted nothing, one that is signed in, a mail that waits, and a sealed audit.
const CONTENT: &str = "
    INSERT INTO users (email, username, hashed_password, is_active, is_verified, role, created_at, updated_at)
    SELECT name || '@example.com', name, 'x', true, true, 'user', now(), now() FROM unnest('{ada,bob}'::text[]) name;
    INSERT INTO user_sessions (user_id, session_token, seed, generation, is_active, created_at, expires_at,
                               last_accessed)
    VALUES (1, repeat('s', 22), sha256(''), 0, true, now(), now() + '1 day', now());
    INSERT INTO outbox (message_id, kind, priority, recipient, payload, request_id, created_at, status, attempts,
                        next_attempt_at, lease, is_claimed)
    VALUES ('m', 'password_changed', 1, 'ada@example.com', 'x', 'r', now(), 'queued', 0, now(), 0, false);
    INSERT INTO audit_seals VALUES (1, '', now(), sha256(''));
    INSERT INTO audit_log (at, action, outcome, mac, sealed_by) VALUES (now(), 'login', 'success', sha256(''), 1);
    INSERT INTO audit_ends SELECT 'end', number, mac, 0, 1, at, mac FROM audit_seals;";

const SUMMARY: &str = "
    SELECT (SELECT string_agg(email, ',' ORDER BY id) FROM users),
           (SELECT count(*) FROM user_sessions WHERE is_active),
           (SELECT string_agg(message_id || status, ',') FROM outbox),
           (SELECT count(*) FROM audit_log WHERE sealed_by = 1), (SELECT max(number) FROM audit_ends)";
const BACKED_UP: &str = "ada@example.com,bob@example.com|1|mqueued|1|1";
const RESTORED: &str = "ada@example.com,bob@example.com|0|mqueued|1|1";

struct Stage {
    postgres: Postgres,
    folder: TempDir,
}

impl Stage {
    /// A server with the filled database `origin` and the empty database `target`. Both belong, as in production, to
    /// a user without further rights; the password needs every care that a URL can need.
    async fn new() -> Self {
        let postgres = Postgres::launch().await.unwrap();
        postgres.sql("postgres", r"CREATE ROLE owner LOGIN PASSWORD 'p@s\s:/%41 w?rd'").await.unwrap();
        let stage = Self { postgres, folder: tempfile::tempdir().unwrap() };
        for database in ["origin", "target"] {
            let create = format!("CREATE DATABASE {database} OWNER owner");
            stage.postgres.sql("postgres", &create).await.unwrap();
        }
        let migrations = project().join("migrations/postgres");
        let mut steps: Vec<_> = fs::read_dir(migrations).unwrap().map(|step| step.unwrap().path()).collect();
        steps.sort();
        for step in steps.iter().map(|step| step.join("up.sql")) {
            // psql puts what it is given at once into one transaction; nobody else is there to be kept waiting.
            let step = fs::read_to_string(step).unwrap().replace(" CONCURRENTLY", "");
            let sql = format!("SET ROLE owner; {step}");
            stage.postgres.sql("origin", &sql).await.unwrap();
        }
        stage.postgres.sql("origin", CONTENT).await.unwrap();
        stage
    }

    fn script(&self, name: &str, database: &str, args: &[&str]) -> Result<String, String> {
        let mut script = Command::new(project().join("deploy/backup").join(name));
        let port = self.postgres.port();
        let login = r"owner:p%40s%5Cs%3A%2F%2541%20w%3Frd";
        script.env(
            "DATABASE_URL",
            format!("postgresql+asyncpg://{login}@127.0.0.1:{port}/{database}?sslmode=disable"),
        );
        script.env("BACKUP_KEEP", "2").current_dir(self.folder.path()).args(args);
        let output = script.output().unwrap();
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let (said, complaint) = (text(&output.stdout), text(&output.stderr));
        if output.status.success() { Ok(said) } else { Err(complaint) }
    }

    /// The path of the new backup.
    fn backup(&self) -> String {
        self.script("backup.sh", "origin", &["backups"]).unwrap().trim_end().to_owned()
    }

    async fn summary(&self, database: &str) -> String {
        self.postgres.sql(database, SUMMARY).await.unwrap()
    }

    async fn is_empty(&self, database: &str) -> bool {
        let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
        self.postgres.sql(database, tables).await.unwrap() == "0"
    }

    fn files(&self) -> Vec<String> {
        let files = fs::read_dir(self.folder.path().join("backups")).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name != ".lock").collect();
        names.sort();
        names
    }
}

fn project() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).ancestors().nth(2).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_comes_back_but_sessions_and_ids() {
    let stage = Stage::new().await;
    assert_eq!(stage.summary("origin").await, BACKED_UP);
    let file = stage.backup();

    let said = stage.script("restore.sh", "target", &[&file]).unwrap();
    assert!(said.contains("evently-auth audit verify"), "{said}");
    assert_eq!(stage.summary("target").await, RESTORED);
    // The audit is guarded as before, and the tables belong to whom they should.
    let refused = stage.postgres.sql("target", "DELETE FROM audit_log").await.unwrap_err().to_string();
    assert!(refused.contains("never deleted"), "{refused}");
    let owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(stage.postgres.sql("target", owners).await.unwrap(), "owner");
    // Whoever registered after the backup was known to other services by the ids that follow.
    let next = "INSERT INTO users (email, username, hashed_password, is_active, is_verified, role, created_at,
                updated_at) SELECT 'eve@example.com', 'eve', 'x', true, true, 'user', now(), now() RETURNING id";
    assert_eq!(stage.postgres.sql("target", next).await.unwrap(), "1000003");

    let refused = stage.script("restore.sh", "target", &[&file]).unwrap_err();
    assert!(refused.contains("not empty"), "{refused}");
    stage.postgres.sql("target", "CREATE TABLE newer ()").await.unwrap();
    stage.script("restore.sh", "target", &["--replace", "--keep-sessions", &file]).unwrap();
    assert_eq!(stage.summary("target").await, BACKED_UP);
    assert!(stage.postgres.sql("target", "SELECT FROM newer").await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_broken_changes_nothing() {
    let stage = Stage::new().await;
    let file = stage.backup();
    let path = stage.folder.path().join(&file);
    let checksum = path.with_extension("dump.sha256");
    let whole = fs::read(&path).unwrap();

    // Changed: the checksum tells.
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    fs::write(&path, &changed).unwrap();
    let refused = stage.script("restore.sh", "target", &[&file]).unwrap_err();
    assert!(refused.contains("checksum"), "{refused}");

    // Cut off within the data, with a checksum to match: the transaction ends without effect.
    let cut = &whole[..whole.len() - 300];
    fs::write(&path, cut).unwrap();
    let sum = Command::new("sha256sum").arg(&path).output().unwrap();
    fs::write(&checksum, &sum.stdout).unwrap();
    for args in [vec![file.as_str()], vec!["--replace", file.as_str()]] {
        let database = if args.len() == 1 { "target" } else { "origin" };
        let refused = stage.script("restore.sh", database, &args).unwrap_err();
        assert!(refused.contains("nothing was restored"), "{refused}");
    }
    assert!(stage.is_empty("target").await);
    assert_eq!(stage.summary("origin").await, BACKED_UP);

    fs::remove_file(&checksum).unwrap();
    let refused = stage.script("restore.sh", "target", &[&file]).unwrap_err();
    assert!(refused.contains("there is no checksum"), "{refused}");

    // A server that is connected still would go on with what it knows.
    fs::write(&path, &whole).unwrap();
    let sum = Command::new("sha256sum").arg(&path).output().unwrap();
    fs::write(&checksum, &sum.stdout).unwrap();
    let sleep = stage.postgres.sql("target", "SELECT pg_sleep(60)");
    let restore = async {
        let connected =
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND datname = 'target'";
        while stage.postgres.sql("postgres", connected).await.unwrap() != "1" {}
        let refused = stage.script("restore.sh", "target", &[&file]).unwrap_err();
        assert!(refused.contains("1 other connections"), "{refused}");
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'target'";
        stage.postgres.sql("postgres", end).await.unwrap();
    };
    assert!(tokio::join!(sleep, restore).0.is_err(), "it was cut off");
    assert!(stage.is_empty("target").await);
    stage.script("restore.sh", "target", &[&file]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_are_kept_and_a_failure_leaves_nothing() {
    let stage = Stage::new().await;
    let backups = stage.folder.path().join("backups");
    fs::create_dir(&backups).unwrap();
    for name in ["evently-auth-20200101T000000Z.dump", "evently-auth-20210101T000000Z.dump", "notes.txt"] {
        fs::write(backups.join(name), "").unwrap();
        fs::write(backups.join(format!("{name}.sha256")), "").unwrap();
    }
    // Left by a run that was killed.
    fs::write(backups.join("evently-auth-20220101T000000Z.dump.partial"), "").unwrap();
    fs::write(backups.join("evently-auth-20220101T000000Z.dump.sha256"), "").unwrap();

    let newest = stage.backup();
    let newest = newest.strip_prefix("backups/").unwrap();
    let checksum = format!("{newest}.sha256");
    let kept = [
        "evently-auth-20210101T000000Z.dump",
        "evently-auth-20210101T000000Z.dump.sha256",
        newest,
        &checksum,
        "notes.txt",
        "notes.txt.sha256",
    ];
    assert_eq!(stage.files(), kept);
    let verified =
        Command::new("sha256sum").arg("--check").arg(&checksum).current_dir(&backups).output().unwrap();
    assert!(verified.status.success(), "{verified:?}");

    stage.postgres.stop().await.unwrap();
    let refused = stage.script("backup.sh", "origin", &["backups"]).unwrap_err();
    assert!(refused.contains("onnection"), "{refused}");
    assert!(!refused.contains("w?rd"), "the password is told: {refused}");
    assert_eq!(stage.files(), kept);
}

//! A migrated database for each test, on the server that `TEST_DATABASE_URL` names.

#![allow(dead_code, reason = "each test program uses its part")]

use evently_auth_contract::given;
use evently_auth_domain::account::{NewUser, User};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{CreatedUser, Opened, Sessions, UnchangedPassword, Users};
use evently_auth_postgres::{PgConfig, PgServer, PgStore};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, NoTls};

const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/postgres");

/// Who holds it makes the template.
const TEMPLATE_LOCK: i64 = 4_711_001;

/// A database that goes away with it.
pub(crate) struct Database {
    pub(crate) server: PgServer,
    pub(crate) store: PgStore,
}

impl Database {
    /// With every table, and empty.
    pub(crate) async fn new() -> Self {
        Self::copy(&template().await).await
    }

    /// Without tables.
    pub(crate) async fn bare() -> Self {
        Self::copy("template0").await
    }

    /// Without tables, in a language that has its own idea of capitals.
    pub(crate) async fn turkish() -> Self {
        Self::copy("template0 LOCALE_PROVIDER icu ICU_LOCALE 'tr' ENCODING 'UTF8'").await
    }

    async fn copy(template: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("evently_auth_test_{}_{number}", std::process::id());
        let client = client(&administrator()).await;
        client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.unwrap();
        client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await.unwrap();
        let server = PgServer { name, ..administrator() };
        Self { store: store(&server), server }
    }

    /// A connection beside the store's.
    pub(crate) async fn raw(&self) -> Client {
        client(&self.server).await
    }

    pub(crate) async fn add(&self, new: NewUser) -> User {
        match self.store.create(new, Effects::default()).await.unwrap() {
            CreatedUser::Created(user) => user,
            CreatedUser::Taken => panic!("taken"),
        }
    }

    pub(crate) async fn open_session(&self, user: &User, number: usize) {
        let password = UnchangedPassword { verified: given::password(), rehashed: None };
        let opened = self.store.open(given::session(user, number), password, Effects::default()).await;
        assert!(matches!(opened.unwrap(), Opened::Opened(_)));
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let name = self.server.name.clone();
        // On a thread of its own, for this one drives a runtime already.
        let dropped = std::thread::spawn(move || {
            evently_auth_contract::run(async move {
                let sql = format!("DROP DATABASE {name} WITH (FORCE)");
                let _ = client(&administrator()).await.batch_execute(&sql).await;
            });
        });
        let _ = dropped.join();
    }
}

/// A store with one server.
pub(crate) fn store(server: &PgServer) -> PgStore {
    PgStore::new(&config(server), given::audit_key()).unwrap()
}

/// One server, few connections.
pub(crate) fn config(server: &PgServer) -> PgConfig {
    PgConfig { primary: server.clone(), replicas: Vec::new(), pool_size: 16, roots: None }
}

/// A connection without a pool.
pub(crate) async fn client(server: &PgServer) -> Client {
    let mut config = Config::new();
    config.host(&server.host).port(server.port).user(&server.user).dbname(&server.name);
    if let Some(password) = &server.password {
        config.password(password);
    }
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The number that `sql` selects.
pub(crate) async fn number(client: &Client, sql: &str) -> i64 {
    client.query_one(sql, &[]).await.unwrap().get(0)
}

/// Whoever may create databases.
pub(crate) fn administrator() -> PgServer {
    #[expect(clippy::disallowed_methods, reason = "which server to use is up to whoever runs the tests")]
    let url = std::env::var("TEST_DATABASE_URL").expect(
        "TEST_DATABASE_URL must name a PostgreSQL server and a user who may create databases, \
         such as postgres://postgres@127.0.0.1:5432/postgres; `cargo xtask test` starts one",
    );
    let config: Config = url.parse().expect("TEST_DATABASE_URL is a URL of PostgreSQL");
    let host = match config.get_hosts().first().expect("TEST_DATABASE_URL names a host") {
        Host::Tcp(name) => name.clone(),
        Host::Unix(folder) => folder.to_str().unwrap().to_owned(),
    };
    PgServer {
        host,
        port: config.get_ports().first().copied().unwrap_or(5432),
        name: config.get_dbname().unwrap_or("postgres").to_owned(),
        user: config.get_user().expect("TEST_DATABASE_URL names a user").to_owned(),
        password: config.get_password().map(|password| String::from_utf8(password.to_vec()).unwrap()),
        tls: false,
    }
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The database that tests are copied from, made once for each state of the migrations.
async fn template() -> String {
    let mut hasher = DefaultHasher::new();
    for folder in sorted(Path::new(MIGRATIONS)) {
        for file in sorted(&folder) {
            fs::read(file).unwrap().hash(&mut hasher);
        }
    }
    let name = format!("evently_auth_template_{:016x}", hasher.finish());
    let client = client(&administrator()).await;
    let there = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
    if number(&client, &there).await == 0 {
        client.batch_execute(&format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})")).await.unwrap();
        if number(&client, &there).await == 0 {
            let raw = format!("{name}_raw");
            client.batch_execute(&format!("DROP DATABASE IF EXISTS {raw} WITH (FORCE)")).await.unwrap();
            client.batch_execute(&format!("CREATE DATABASE {raw} TEMPLATE template0")).await.unwrap();
            store(&PgServer { name: raw.clone(), ..administrator() }).migrate_up().await.unwrap();
            // The name says that it is complete; nobody is connected any more, soon.
            let rename = format!("ALTER DATABASE {raw} RENAME TO {name}");
            for _ in 0..50 {
                if client.batch_execute(&rename).await.is_ok() {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
        client.batch_execute(&format!("SELECT pg_advisory_unlock({TEMPLATE_LOCK})")).await.unwrap();
    }
    name
}

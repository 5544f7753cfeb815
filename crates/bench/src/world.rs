//! The servers around ours, all throwaway and on this machine alone: PostgreSQL, Redis and a mail sink; and sites on
//! them.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Context;
use evently_auth_services::sink::Sink;
use evently_auth_services::{Postgres, Redis};
use tokio::sync::OnceCell;

use crate::api::Api;
use crate::hash::Hasher;
use crate::progress::Progress;
use crate::seed;
use crate::site::{PASSWORD, Site};

/// The size that everything is compared with.
pub(crate) const FEW: u64 = 1_000;
/// No measurement is to meet a limit.
const NO_LIMIT: &str = "1000000";
const LIMITS: [&str; 8] = [
    "RATE_LIMIT_LOGIN",
    "RATE_LIMIT_LOGIN_ACCOUNT",
    "RATE_LIMIT_LOGIN_ADDRESS",
    "RATE_LIMIT_REGISTER",
    "RATE_LIMIT_VERIFY",
    "RATE_LIMIT_RESEND",
    "RATE_LIMIT_RESEND_ADDRESS",
    "RATE_LIMIT_PASSWORD",
];

/// Everything that is measured in; gone when dropped.
pub(crate) struct World {
    postgres: Arc<Postgres>,
    pub(crate) redis: Redis,
    pub(crate) sink: Sink,
    pub(crate) api: Api,
    pub(crate) programs: PathBuf,
    pub(crate) progress: Progress,
    /// How many users "many" are.
    pub(crate) many: u64,
    hash: String,
    sites: AtomicU32,
    with_many: OnceCell<Arc<Site>>,
}

impl World {
    pub(crate) async fn start(programs: PathBuf, many: u64, progress: Progress) -> anyhow::Result<Self> {
        // A cache as the manual recommends for a server of its own, and room for a million users between two
        // checkpoints. What is committed need not survive the machine: it is processors that are measured.
        let postgres = Postgres::options().setting("shared_buffers", "2GB").setting("max_wal_size", "16GB");
        let (postgres, redis, sink) = tokio::join!(postgres.launch(), Redis::launch(), Sink::start());
        let hash = tokio::task::spawn_blocking(|| Hasher::new()?.phc(PASSWORD)).await??;
        Ok(Self {
            postgres: Arc::new(postgres?),
            redis: redis?,
            sink: sink.context("cannot start a mail sink")?,
            api: Api::new()?,
            programs,
            progress,
            many,
            hash,
            sites: AtomicU32::new(0),
            with_many: OnceCell::new(),
        })
    }

    /// A new site with so many users.
    pub(crate) async fn site(&self, users: u64) -> anyhow::Result<Site> {
        let number = self.sites.fetch_add(1, Ordering::Relaxed);
        let database = format!("bench{number}");
        self.postgres.create_database(&database).await?;
        let mut settings: Vec<(String, String)> = [
            ("DATABASE_URL", self.postgres.url_of(&database)),
            // Sites take turns with the 16 databases that a Redis has: 1,000 keys of one do not slow another.
            ("REDIS_URL", format!("{}/{}", self.redis.url(), number % 16)),
            ("SMTP_HOST", "127.0.0.1".to_owned()),
            ("SMTP_PORT", self.sink.port().to_string()),
            ("SMTP_USE_TLS", "false".to_owned()),
            ("JWT_SECRET", "kR7vbn2Lq9sXw4TzY8mPc6HdJf3GaEu5".to_owned()),
            ("SECRET_KEY", "Zx5Qw8Er2Ty7Ui3Op9As4Df6Gh1Jk0Lc".to_owned()),
            ("JWT_EXPIRY_MINUTES", "600".to_owned()),
            ("PORT", "0".to_owned()),
            ("WORKER_PORT", "0".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        settings.extend(LIMITS.map(|name| (name.to_owned(), NO_LIMIT.to_owned())));
        let (postgres, programs) = (Arc::clone(&self.postgres), self.programs.clone());
        let site = Site { users, database, settings, postgres, programs };
        site.migrate().await?;
        seed::fill(&site, &self.hash, &self.progress).await?;
        Ok(site)
    }

    /// The one site with many users, made when it is first asked for.
    pub(crate) async fn site_with_many(&self) -> anyhow::Result<Arc<Site>> {
        let made = self.with_many.get_or_try_init(async || self.site(self.many).await.map(Arc::new)).await?;
        Ok(Arc::clone(made))
    }
}

//! Production mode: PostgreSQL, Redis and a mail server, which several instances share.

use crate::error::WiringError;
use crate::mail_server::mailer;
use crate::parts::hasher;
use crate::{System, tokens};
use evently_auth_cache::{Stores, decorate};
use evently_auth_clock::SystemClock;
use evently_auth_config::{
    Config, DatabaseConfig, PostgresConfig, ProductionConfig, RedisTopology, SecretText,
};
use evently_auth_crypto::OsEntropy;
use evently_auth_domain::error::StoreErrorKind;
use evently_auth_domain::keys::Keys;
use evently_auth_domain::ports::{Clock, Entropy, Signals};
use evently_auth_domain::{Auth, Ports};
use evently_auth_memory::FallbackRateLimits;
use evently_auth_postgres::{PgConfig, PgServer, PgStore};
use evently_auth_redis::{
    Endpoint, RedisCodes, RedisConfig, RedisRateLimits, RedisSessionCache, RedisSignals, RedisStore,
    TlsRoots, Topology,
};
use std::sync::Arc;
use tokio::runtime::Handle;

/// What every key in Redis begins with.
const REDIS_PREFIX: &str = "evently-auth";

/// Connects to nobody yet, and says which keys go with the database.
pub(crate) fn open_store(config: &Config, database: &DatabaseConfig) -> Result<(PgStore, Keys), WiringError> {
    let secret = config.secret_key.as_ref().or(config.tokens.jwt_secret.as_ref()).ok_or_else(|| {
        WiringError::Setting { variable: "SECRET_KEY", why: "production mode makes no key of its own".into() }
    })?;
    let keys = Keys::derive(secret.expose().as_bytes());
    let postgres = PgConfig {
        primary: server(&database.primary),
        replicas: database.replicas.iter().map(server).collect(),
        pool_size: database.pool_size,
        roots: None,
    };
    Ok((PgStore::new(&postgres, keys.audit.clone())?, keys))
}

pub(crate) async fn assemble(config: &Config, production: &ProductionConfig) -> Result<System, WiringError> {
    let (store, keys) = open_store(config, &production.database)?;
    refuse_missing_migrations(&store).await?;
    let store = Arc::new(store);
    let redis = RedisStore::new(&redis_config(production), REDIS_PREFIX, Handle::current())
        .map_err(|error| WiringError::Setting { variable: "REDIS_URL", why: error.to_string() })?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
    let signals: Arc<dyn Signals> = Arc::new(RedisSignals::new(redis.clone()));
    let cache = Arc::new(RedisSessionCache::new(redis.clone(), keys.session_cache.clone()));
    let stores = Stores { users: store.clone(), sessions: store.clone(), outbox: store.clone() };
    let stores = decorate(stores, Arc::clone(&signals), Some(cache));
    let shared_limits = Arc::new(RedisRateLimits::new(redis.clone()));
    let ports = Ports {
        users: stores.users,
        sessions: stores.sessions,
        codes: Arc::new(RedisCodes::new(redis.clone())),
        rate_limits: Arc::new(FallbackRateLimits::new(shared_limits, Arc::clone(&clock))),
        outbox: stores.outbox,
        audit_log: store.clone(),
        password_hasher: Arc::new(hasher(&config.hashing, &entropy)?),
        access_tokens: Arc::new(tokens::access_tokens(&config.tokens, None)?),
        mailer: mailer(config)?,
        clock,
        entropy,
    };
    Ok(System {
        auth: Auth::new(ports, config.rules.clone(), keys),
        user_imports: store.clone(),
        database: store,
        redis: Some(Arc::new(redis)),
        signals,
        mailbox: None,
    })
}

/// A database without this version's tables would answer every request with an error. One that is away may have them:
/// the service starts, and serves as soon as it is back.
async fn refuse_missing_migrations(store: &PgStore) -> Result<(), WiringError> {
    match store.pending_migrations().await {
        Ok(missing) if missing.is_empty() => Ok(()),
        Ok(missing) => Err(WiringError::MissingMigrations(missing.len())),
        Err(error) if error.kind == StoreErrorKind::Unavailable => {
            tracing::warn!(%error, "the database is away: what needs it fails until it is back");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn server(config: &PostgresConfig) -> PgServer {
    PgServer {
        host: config.host.clone(),
        port: config.port,
        name: config.name.clone(),
        user: config.user.clone(),
        password: exposed(config.password.as_ref()),
        tls: config.tls,
    }
}

fn redis_config(production: &ProductionConfig) -> RedisConfig {
    let config = &production.redis;
    let endpoint = |endpoint: &evently_auth_config::Endpoint| Endpoint {
        host: endpoint.host.clone(),
        port: endpoint.port,
    };
    RedisConfig {
        topology: match &config.topology {
            RedisTopology::Single(server) => Topology::Single(endpoint(server)),
            RedisTopology::Cluster(nodes) => Topology::Cluster(nodes.iter().map(endpoint).collect()),
            RedisTopology::Sentinel { sentinels, master } => Topology::Sentinel {
                sentinels: sentinels.iter().map(endpoint).collect(),
                master: master.clone(),
            },
        },
        username: config.username.clone(),
        password: exposed(config.password.as_ref()),
        database: config.database,
        tls: config.tls.then(TlsRoots::default),
    }
}

fn exposed(secret: Option<&SecretText>) -> Option<String> {
    secret.map(|secret| secret.expose().to_owned())
}

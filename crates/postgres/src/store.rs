//! The handle over the databases, and the ways to use it: reading, writing, and reading what need not be the
//! latest.

use crate::config::PgConfig;
use crate::connections::{CALL, Connector, Lent, Pool, encryption};
use crate::durations::Durations;
use crate::failure::Failure;
use crate::replicas::Replicas;
use crate::sweep::Sweeps;
use evently_auth_domain::audit::AuditKey;
use evently_auth_domain::error::StoreError;
use std::sync::Arc;
use std::time::Instant;

/// How often a call is tried while others are in the way.
const ATTEMPTS: u32 = 5;

/// The ports `Users`, `Sessions`, `Outbox`, `AuditLog` and `Probe` over PostgreSQL. Cheap to clone.
#[derive(Clone)]
pub struct PgStore {
    primary: Pool,
    replicas: Arc<Replicas>,
    pub(crate) connector: Connector,
    pub(crate) audit_key: AuditKey,
    pub(crate) sweeps: Arc<Sweeps>,
    durations: Arc<Durations>,
}

impl PgStore {
    /// Connects to nobody yet: servers that are away are asked again by each call. Audit rows get their
    /// digests from `audit_key`. Tables come from [`PgStore::migrate_up`].
    ///
    /// It is used on tokio runtimes, on several if need be; each drives the connections that it opened.
    ///
    /// # Errors
    /// When encryption is asked for and nobody is trusted.
    pub fn new(config: &PgConfig, audit_key: AuditKey) -> Result<Self, StoreError> {
        let encrypted = |host: &str, tls: bool| tls && !host.starts_with('/');
        let servers = || std::iter::once(&config.primary).chain(&config.replicas);
        let tls = if servers().any(|server| encrypted(&server.host, server.tls)) {
            Some(encryption(config.roots.clone())?)
        } else {
            None
        };
        let mut connectors = servers().map(|server| {
            let tls = tls.clone().filter(|_| encrypted(&server.host, server.tls));
            Connector::new(server, tls)
        });
        let connector = connectors.next().ok_or_else(|| StoreError::unavailable("there is no primary"))?;
        let primary = Pool::new("primary", connector.clone(), config.pool_size);
        let replicas = connectors
            .enumerate()
            .map(|(number, connector)| Pool::new(&format!("replica-{number}"), connector, config.pool_size));
        let replicas = Arc::new(Replicas::new(replicas.collect()));
        Ok(Self {
            primary,
            replicas,
            connector,
            audit_key,
            sweeps: Arc::default(),
            durations: Arc::default(),
        })
    }

    /// Runs a call that changes nothing. It is run again when its connection turns out to be dead.
    pub(crate) async fn read<T, J, F>(&self, operation: &'static str, job: J) -> Result<T, StoreError>
    where
        J: Fn(Arc<Lent>) -> F,
        F: Future<Output = Result<T, Failure>>,
    {
        self.bounded(operation, async { attempts(&self.primary, &job, Failure::is_loss).await }).await
    }

    /// Runs a call that changes something: one statement, or a transaction that it ends itself. It is run
    /// again when it was rolled back because of others, never when it is unknown whether it happened.
    pub(crate) async fn write<T, J, F>(&self, operation: &'static str, job: J) -> Result<T, StoreError>
    where
        J: Fn(Arc<Lent>) -> F,
        F: Future<Output = Result<T, Failure>>,
    {
        self.bounded(operation, async { attempts(&self.primary, &job, |_| false).await }).await
    }

    /// Runs a call that changes nothing on a replica, and on the primary when no replica answers, or answers
    /// something that is not `conclusive`: it may not have the latest yet.
    pub(crate) async fn read_replica<T, J, F>(
        &self,
        operation: &'static str,
        conclusive: fn(&T) -> bool,
        job: J,
    ) -> Result<T, StoreError>
    where
        J: Fn(Arc<Lent>) -> F,
        F: Future<Output = Result<T, Failure>>,
    {
        self.bounded(operation, async {
            match self.replicas.ask(&job).await {
                Some(answer) if conclusive(&answer) => Ok(answer),
                _ => attempts(&self.primary, &job, Failure::is_loss).await,
            }
        })
        .await
    }

    /// Measures a call, and ends it when it takes too long: its connection is closed then, and so are those
    /// that are idle, for the way to the server may be dead.
    async fn bounded<T>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let start = Instant::now();
        let result = tokio::time::timeout(CALL, call).await.unwrap_or_else(|_| {
            self.primary.forget_idle();
            Err(StoreError::unavailable(format!("{operation}: no answer within {} s", CALL.as_secs())))
        });
        self.durations.record(operation, result.as_ref().err().map(|error| error.kind), start.elapsed());
        result
    }
}

/// Runs `job` once, on a connection that is closed when it fails.
pub(crate) async fn attempt<T, J, F>(pool: &Pool, job: &J) -> Result<T, Failure>
where
    J: Fn(Arc<Lent>) -> F,
    F: Future<Output = Result<T, Failure>>,
{
    let lent = pool.lend().await?;
    let result = job(lent.clone()).await;
    match &result {
        Ok(_) => Lent::give_back(lent),
        Err(failure) if failure.is_loss() => pool.forget_idle(),
        Err(_) => {}
    }
    result
}

async fn attempts<T, J, F>(pool: &Pool, job: &J, again: fn(&Failure) -> bool) -> Result<T, StoreError>
where
    J: Fn(Arc<Lent>) -> F,
    F: Future<Output = Result<T, Failure>>,
{
    let mut number = 1;
    loop {
        match attempt(pool, job).await {
            Err(failure) if number < ATTEMPTS && (failure.is_transient() || again(&failure)) => {
                tracing::debug!(number, %failure, "a database call is tried again");
                number += 1;
            }
            result => return result.map_err(StoreError::from),
        }
    }
}

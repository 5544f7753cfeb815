//! Connections to one server: lent one at a time, waited for with a bound, and given back only by a call that
//! went well.

use super::measures::Measures;
use super::{CONNECT, WAIT, connector::Connector};
use crate::failure::Failure;
use deadpool::managed::{Object, PoolError, TimeoutType};
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, deadpool::Pool as Deadpool,
};
use evently_auth_domain::error::StoreError;
use std::sync::Arc;
use std::time::Instant;

type Connections = AsyncDieselConnectionManager<AsyncPgConnection>;

/// The connections to one server.
#[derive(Clone)]
pub(crate) struct Pool {
    measures: Arc<Measures>,
    connections: Deadpool<AsyncPgConnection>,
}

impl Pool {
    /// Connects to nobody yet.
    pub(crate) fn new(name: &str, connector: Connector, size: usize) -> Result<Self, StoreError> {
        let mut config = ManagerConfig::default();
        // Looks whether the connection is closed, without asking the server.
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(move |_| {
            let connector = connector.clone();
            Box::pin(async move { connector.connect().await })
        });
        let connections = Deadpool::builder(Connections::new_with_config("", config))
            .runtime(deadpool::Runtime::Tokio1)
            .max_size(size.max(1))
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(CONNECT))
            .build()
            .map_err(StoreError::unavailable)?;
        Ok(Self { measures: Arc::new(Measures::of(name)), connections })
    }

    /// A connection: one that is idle and open, else a new one.
    pub(crate) async fn lend(&self) -> Result<Arc<Lent>, Failure> {
        let start = Instant::now();
        self.measures.count(&self.connections.status());
        let connection = self.connections.get().await;
        self.measures.waited(start.elapsed());
        self.measures.count(&self.connections.status());
        match connection {
            Ok(connection) => Ok(Arc::new(Lent { pool: self.clone(), connection: Some(connection) })),
            Err(PoolError::Timeout(TimeoutType::Wait)) => {
                Err(Failure::away("every connection to the database is busy"))
            }
            Err(PoolError::Backend(error)) => Err(Failure::away(error.to_string())),
            Err(_) => Err(Failure::away("the database does not answer")),
        }
    }

    /// Closes what is idle: one of them was found dead, so others may be.
    pub(crate) fn forget_idle(&self) {
        self.connections.retain(|_, _| false);
    }
}

/// A connection on loan. It is closed at its end, unless it is given back: whoever gave up half-way, or
/// failed, leaves nothing of a transaction to the next.
pub(crate) struct Lent {
    pool: Pool,
    connection: Option<Object<Connections>>,
}

impl Lent {
    pub(crate) fn get(&self) -> Result<&AsyncPgConnection, Failure> {
        self.connection.as_deref().ok_or_else(|| Failure::away("the connection was given back"))
    }

    /// To be lent again: nothing is under way on it, and nobody else has it.
    pub(crate) fn give_back(this: Arc<Self>) {
        if let Some(mut lent) = Arc::into_inner(this) {
            lent.connection = None;
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(Object::take(connection));
        }
        self.pool.measures.count(&self.pool.connections.status());
    }
}

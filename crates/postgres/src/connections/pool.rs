//! Connections to one server: lent one at a time, waited for with a bound, and given back only by a call that
//! went well.
//!
//! The runtime that opens a connection drives it. It is lent to callers on that runtime, for whom an answer
//! takes no change of threads; to others only when no more may be opened.

use super::measures::Measures;
use super::{WAIT, connector::Connector};
use crate::failure::Failure;
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::PoolableConnection;
use evently_auth_domain::error::StoreError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::runtime::{Handle, Id};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The connections to one server.
#[derive(Clone)]
pub(crate) struct Pool(Arc<Shared>);

struct Shared {
    connector: Connector,
    measures: Measures,
    /// How many connections may be open.
    size: usize,
    /// As many: whoever has one may have a connection.
    permits: Arc<Semaphore>,
    open: Mutex<Open>,
}

/// The connections that are open.
#[derive(Default)]
struct Open {
    /// The one that was used last comes last.
    idle: Vec<Driven>,
    /// How many are lent; those that are being opened are among them.
    lent: usize,
}

/// A connection and the runtime that drives it.
struct Driven {
    connection: AsyncPgConnection,
    by: Id,
}

impl Pool {
    /// Connects to nobody yet.
    pub(crate) fn new(name: &str, connector: Connector, size: usize) -> Self {
        let size = size.max(1);
        let (permits, measures) = (Arc::new(Semaphore::new(size)), Measures::of(name, size));
        Self(Arc::new(Shared { connector, measures, size, permits, open: Mutex::default() }))
    }

    /// A connection: one that is idle and open, else a new one.
    pub(crate) async fn lend(&self) -> Result<Arc<Lent>, Failure> {
        let runtime = Handle::try_current().map_err(StoreError::unavailable)?.id();
        let start = Instant::now();
        let permit = self.permit().await;
        self.0.measures.waited(start.elapsed());
        let mut lent = Lent::to(runtime, Arc::clone(&self.0), permit?);
        if lent.driven.is_none() {
            // Rare, and too large to be part of every call's future.
            let connection = Box::pin(self.0.connector.connect()).await;
            let connection = connection.map_err(|error| Failure::away(error.to_string()))?;
            lent.driven = Some(Driven { connection, by: runtime });
        }
        Ok(Arc::new(lent))
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, Failure> {
        if let Ok(permit) = Arc::clone(&self.0.permits).try_acquire_owned() {
            return Ok(permit);
        }
        let _pending = self.0.measures.pending();
        let permit = tokio::time::timeout(WAIT, Arc::clone(&self.0.permits).acquire_owned()).await;
        let permit = permit.map_err(|_| Failure::away("every connection to the database is busy"))?;
        permit.map_err(|error| Failure::away(error.to_string()))
    }

    /// Closes what is idle: one of them was found dead, so others may be.
    pub(crate) fn forget_idle(&self) {
        let forgotten = std::mem::take(&mut self.0.open().idle);
        drop(forgotten);
    }
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// An idle connection for a caller on `runtime`; none if another one is to be opened, as long as there
    /// are no more than `size`.
    fn take(&mut self, runtime: Id, size: usize) -> Option<Driven> {
        self.lent += 1;
        loop {
            let own = self.idle.iter().rposition(|idle| idle.by == runtime);
            let is_full = self.idle.len() + self.lent > size;
            let any = || self.idle.len().checked_sub(1).filter(|_| is_full);
            let index = own.or_else(any)?;
            let mut driven = self.idle.remove(index);
            if !driven.connection.is_broken() {
                return Some(driven);
            }
        }
    }
}

/// A connection on loan. It is closed at its end, unless it is given back: whoever gave up half-way, or
/// failed, leaves nothing of a transaction to the next.
pub(crate) struct Lent {
    pool: Arc<Shared>,
    driven: Option<Driven>,
    went_well: bool,
    /// Given up last, when the connection is idle or closed.
    _permit: OwnedSemaphorePermit,
}

impl Lent {
    fn to(runtime: Id, pool: Arc<Shared>, permit: OwnedSemaphorePermit) -> Self {
        let driven = {
            let mut open = pool.open();
            let driven = open.take(runtime, pool.size);
            pool.measures.count(open.idle.len(), open.lent);
            driven
        };
        Self { pool, driven, went_well: false, _permit: permit }
    }

    pub(crate) fn get(&self) -> Result<&AsyncPgConnection, Failure> {
        let driven = self.driven.as_ref();
        driven.map(|driven| &driven.connection).ok_or_else(|| Failure::away("there is no connection"))
    }

    /// To be lent again: nothing is under way on it, and nobody else has it.
    pub(crate) fn give_back(this: Arc<Self>) {
        if let Some(mut lent) = Arc::into_inner(this) {
            lent.went_well = true;
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut open = self.pool.open();
        open.lent -= 1;
        if self.went_well {
            open.idle.extend(self.driven.take());
        }
        self.pool.measures.count(open.idle.len(), open.lent);
    }
}

//! Replicas: asked in turn, and left alone for a while when they do not answer.

use crate::connections::{Lent, Pool, REPLICA, REST};
use crate::failure::Failure;
use crate::store::attempt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

pub(crate) struct Replicas {
    replicas: Vec<Replica>,
    next: AtomicUsize,
}

struct Replica {
    pool: Pool,
    failed: Mutex<Option<Instant>>,
}

impl Replicas {
    pub(crate) fn new(pools: Vec<Pool>) -> Self {
        let replica = |pool| Replica { pool, failed: Mutex::default() };
        Self { replicas: pools.into_iter().map(replica).collect(), next: AtomicUsize::default() }
    }

    /// What the next replica answers; `None` when there is none, or when it does not answer in time.
    pub(crate) async fn ask<T, J, F>(&self, job: &J) -> Option<T>
    where
        J: Fn(Arc<Lent>) -> F,
        F: Future<Output = Result<T, Failure>>,
    {
        let rested: Vec<_> = self.replicas.iter().filter(|replica| replica.is_rested()).collect();
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let replica = rested.get(turn.checked_rem(rested.len())?)?;
        let failure = match tokio::time::timeout(REPLICA, attempt(&replica.pool, job)).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(failure)) => failure.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        tracing::warn!(failure, "a read replica did not answer; the primary is asked");
        replica.rest();
        None
    }
}

impl Replica {
    fn is_rested(&self) -> bool {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.is_none_or(|failed| failed.elapsed() >= REST)
    }

    fn rest(&self) {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.pool.forget_idle();
    }
}

//! The loops beside the service: mails go out, what has ended is swept away, the audit is sealed.
//!
//! Each loop calls a use case, over and over, until it is told to stop; then it finishes what it has begun. Any number
//! of workers may run at once: who gets what is settled by the store.

mod deliver;
mod pause;
mod periodic;

use evently_auth_domain::Auth;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the loops look, and how much they do at once.
#[derive(Debug, Clone)]
pub struct WorkerOptions {
    /// How long the outbox is left alone when nothing was due.
    pub poll: Duration,
    /// How many mails are sent at the same time.
    pub concurrency: usize,
    /// How long between two seals of the audit.
    pub seal: Duration,
    /// How long between two sweeps.
    pub sweep: Duration,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            poll: Duration::from_millis(250),
            concurrency: 8,
            seal: Duration::from_secs(5),
            sweep: Duration::from_secs(600),
        }
    }
}

/// Runs all loops until `stop` is cancelled and what was begun is finished.
pub async fn run(auth: Auth, options: WorkerOptions, stop: CancellationToken) {
    tokio::join!(
        deliver::run(&auth, &options, &stop),
        periodic::seal(&auth, options.seal, &stop),
        periodic::sweep(&auth, options.sweep, &stop),
    );
}

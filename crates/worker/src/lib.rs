//! The loops beside the service: mails go out, what has ended is swept away, the audit is sealed.
//!
//! Each loop calls a use case, over and over, until it is told to stop; then it finishes what it has begun. Any number
//! of workers may run at once: who gets what is settled by the store.

mod attempt;
mod bell;
mod deliver;
mod pause;
mod periodic;
mod queue;

use evently_auth_domain::Auth;
use evently_auth_domain::ports::Signals;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the loops look, and how much they do at once.
#[derive(Clone)]
pub struct WorkerOptions {
    /// Where [`Signal::MailWaiting`](evently_auth_domain::ports::Signal::MailWaiting) comes from; without it the
    /// outbox is looked into again and again.
    pub signals: Option<Arc<dyn Signals>>,
    /// How long the outbox is left alone when nothing was due, and no signal would come.
    pub poll: Duration,
    /// The same while signals come: what they do not tell is found, such as a retry or a lease that ended.
    pub poll_while_woken: Duration,
    /// How many mails are sent at the same time.
    pub concurrency: usize,
    /// How long between two seals of the audit.
    pub seal: Duration,
    /// How long between two sweeps.
    pub sweep: Duration,
    /// How long between two counts of the queue, for the metrics.
    pub count: Duration,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            signals: None,
            poll: Duration::from_secs(1),
            poll_while_woken: Duration::from_secs(5),
            concurrency: 8,
            seal: Duration::from_secs(5),
            sweep: Duration::from_secs(600),
            count: Duration::from_secs(15),
        }
    }
}

/// Runs all loops until `stop` is cancelled and what was begun is finished.
pub async fn run(auth: Auth, options: WorkerOptions, stop: CancellationToken) {
    tokio::join!(
        deliver::run(&auth, &options, &stop),
        queue::watch(&auth, options.count, &stop),
        periodic::seal(&auth, options.seal, &stop),
        periodic::sweep(&auth, options.sweep, &stop),
    );
}

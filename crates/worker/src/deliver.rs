//! Mails on their way out: as many side by side as there are places, each place taken again as soon as it is free.

use crate::WorkerOptions;
use crate::attempt::attempt;
use crate::bell::Bell;
use crate::pause::backoff;
use evently_auth_domain::Auth;
use evently_auth_domain::error::StoreError;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// Delivers until `stop`; then claims nothing more, and finishes what is being sent.
pub(crate) async fn run(auth: &Auth, options: &WorkerOptions, stop: &CancellationToken) {
    let bell = Arc::new(Bell::default());
    if let Some(signals) = &options.signals {
        signals.listen(bell.clone());
    }
    let mut sending = JoinSet::new();
    let mut failures = 0;
    let mut next = Instant::now();
    while !stop.is_cancelled() {
        while let Some(ended) = sending.try_join_next() {
            report(ended);
        }
        let free = options.concurrency.max(1).saturating_sub(sending.len());
        if free > 0 && next <= Instant::now() {
            let rest = match fill(auth, free, &mut sending).await {
                Ok(claimed) => {
                    failures = 0;
                    // As many as were asked for: there may be more.
                    if claimed < free { pace(options, &bell) } else { Duration::ZERO }
                }
                Err(error) => {
                    failures += 1;
                    tracing::error!(%error, "the outbox cannot be read");
                    backoff(failures)
                }
            };
            next = Instant::now() + rest;
            continue;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            Some(ended) = sending.join_next() => report(ended),
            () = sleep_until(next), if free > 0 => {}
            // A store that is away is not asked more often because mails come.
            () = bell.rung(), if failures == 0 => next = Instant::now(),
        }
    }
    while let Some(ended) = sending.join_next().await {
        report(ended);
    }
}

/// Claims as many mails as there are free places, and begins to send them; says how many.
async fn fill(auth: &Auth, free: usize, sending: &mut JoinSet<()>) -> Result<usize, StoreError> {
    let jobs = auth.claim_mails(u32::try_from(free).unwrap_or(u32::MAX)).await?;
    let claimed = jobs.len();
    for job in jobs {
        let auth = auth.clone();
        sending.spawn(async move { attempt(&auth, &job).await });
    }
    Ok(claimed)
}

/// How long the outbox is left alone after nothing more was due.
fn pace(options: &WorkerOptions, bell: &Bell) -> Duration {
    if bell.is_up() { options.poll_while_woken } else { options.poll }
}

/// The lease of a mail whose attempt did not end ends by itself, and the mail is claimed again.
fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "sending a mail broke off");
    }
}

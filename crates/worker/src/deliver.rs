//! Mails on their way out: claimed in batches, sent side by side, settled one by one.

use crate::WorkerOptions;
use crate::pause::{backoff, pause};
use evently_auth_domain::Auth;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::mail::{Delivery, MailJob};
use futures_util::stream::{self, StreamExt};
use tokio_util::sync::CancellationToken;

/// Delivers until `stop`, and then finishes the batch.
pub(crate) async fn run(auth: &Auth, options: &WorkerOptions, stop: &CancellationToken) {
    let mut failures = 0;
    report_queue(auth).await;
    while !stop.is_cancelled() {
        let rest = match batch(auth, options.concurrency).await {
            Ok(0) => {
                failures = 0;
                options.poll
            }
            Ok(_) => {
                failures = 0;
                report_queue(auth).await;
                continue;
            }
            Err(error) => {
                failures += 1;
                tracing::error!(%error, "the outbox cannot be read");
                backoff(failures)
            }
        };
        if !pause(rest, stop).await {
            return;
        }
    }
}

/// Claims what is due and makes one attempt for each; says how many were claimed.
async fn batch(auth: &Auth, concurrency: usize) -> Result<usize, StoreError> {
    let jobs = auth.claim_mails(u32::try_from(concurrency).unwrap_or(u32::MAX)).await?;
    let claimed = jobs.len();
    stream::iter(jobs).for_each_concurrent(concurrency, |job| attempt(auth, job)).await;
    Ok(claimed)
}

async fn attempt(auth: &Auth, job: MailJob) {
    let kind = job.mail.kind.as_str();
    let (mail, number, request_id) = (job.id.0, job.attempt, job.mail.request_id.as_str());
    let to = job.mail.to.masked();
    let outcome = match auth.deliver_mail(&job).await {
        Ok(Delivery::Sent) => {
            tracing::info!(mail, kind, to, attempt = number, request_id, "mail sent");
            "sent"
        }
        Ok(Delivery::Retry { at, reason }) => {
            tracing::warn!(mail, kind, to, attempt = number, request_id, %at, reason, "mail will be tried again");
            "retried"
        }
        Ok(Delivery::Dead { reason }) => {
            tracing::error!(mail, kind, to, attempt = number, request_id, reason, "mail given up");
            "dead"
        }
        Ok(Delivery::Expired) => {
            tracing::info!(mail, kind, to, attempt = number, request_id, "mail expired unsent");
            "expired"
        }
        // The lease ends by itself, and the mail is claimed again.
        Err(error) => {
            tracing::error!(mail, kind, to, attempt = number, request_id, %error, "mail not settled");
            "unsettled"
        }
    };
    metrics::counter!("evently_auth_mails_total", "kind" => kind, "outcome" => outcome).increment(1);
}

/// The depth of the queue, for the metrics; a failure shows in the loop itself.
async fn report_queue(auth: &Auth) {
    if let Ok(stats) = auth.mail_queue().await {
        metrics::gauge!("evently_auth_mails_queued").set(gauge(stats.queued));
        metrics::gauge!("evently_auth_mails_dead").set(gauge(stats.dead));
    }
}

fn gauge(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

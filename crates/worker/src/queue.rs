//! The state of the queue, for the metrics: told at the beginning and then regularly, also when nothing happens.

use crate::pause::pause;
use evently_auth_domain::mail::QueueStats;
use evently_auth_domain::{Auth, Timestamp};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Tells the state every `interval` until `stop`.
pub(crate) async fn watch(auth: &Auth, interval: Duration, stop: &CancellationToken) {
    loop {
        match auth.mail_queue().await {
            Ok(stats) => tell(stats, auth.now()),
            Err(error) => tracing::warn!(%error, "the mail queue was not counted"),
        }
        if !pause(interval, stop).await {
            return;
        }
    }
}

fn tell(stats: QueueStats, now: Timestamp) {
    let count = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    metrics::gauge!("evently_auth_mails_queued").set(count(stats.queued));
    metrics::gauge!("evently_auth_mails_dead").set(count(stats.dead));
    metrics::gauge!("evently_auth_mails_oldest_seconds").set(age(stats.oldest_queued, now));
}

/// Seconds; 0 when nothing waits.
fn age(oldest: Option<Timestamp>, now: Timestamp) -> f64 {
    oldest.and_then(|oldest| (now - oldest).to_std().ok()).unwrap_or_default().as_secs_f64()
}

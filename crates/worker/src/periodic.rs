//! What is done every so often: sealing the audit, sweeping what has ended.

use crate::pause::{backoff, pause};
use evently_auth_domain::Auth;
use evently_auth_domain::usecases::Swept;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Rows in one seal.
const SEALED_AT_ONCE: u32 = 1_000;

/// Seals the audit every `interval` until `stop`.
pub(crate) async fn seal(auth: &Auth, interval: Duration, stop: &CancellationToken) {
    let mut failures = 0;
    let mut rest = interval;
    while pause(rest, stop).await {
        rest = match auth.seal_audit(SEALED_AT_ONCE).await {
            Ok(rows) => {
                failures = 0;
                if rows < SEALED_AT_ONCE as usize { interval } else { Duration::ZERO }
            }
            Err(error) => {
                failures += 1;
                tracing::error!(%error, "the audit was not sealed");
                backoff(failures).max(interval)
            }
        };
    }
}

/// Sweeps at once and then every `interval` until `stop`.
pub(crate) async fn sweep(auth: &Auth, interval: Duration, stop: &CancellationToken) {
    loop {
        match auth.sweep().await {
            Ok(swept) if swept == Swept::default() => {}
            Ok(Swept { sessions, accounts, mails }) => tracing::info!(sessions, accounts, mails, "swept"),
            Err(error) => tracing::error!(%error, "the sweep did not finish"),
        }
        if !pause(interval, stop).await {
            return;
        }
    }
}

//! What is done every so often: sealing the audit, sweeping what has ended.

use crate::pause::{backoff, pause};
use evently_auth_domain::Auth;
use evently_auth_domain::usecases::{SealedAudit, Swept};
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
            Ok(sealed) => {
                failures = 0;
                if let Some(SealedAudit { link, rows }) = sealed {
                    // Whoever keeps this line can hold it against the audit: `audit verify --expect`.
                    tracing::info!(seal = %link, rows, "the audit was sealed");
                }
                let is_full = sealed.is_some_and(|sealed| sealed.rows >= SEALED_AT_ONCE as usize);
                if is_full { Duration::ZERO } else { interval }
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
            Ok(Swept { sessions, accounts, mails, audit }) => {
                tracing::info!(sessions, accounts, mails, audit, "swept");
            }
            Err(error) => tracing::error!(%error, "the sweep did not finish"),
        }
        if !pause(interval, stop).await {
            return;
        }
    }
}

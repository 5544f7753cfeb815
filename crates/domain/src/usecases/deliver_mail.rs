//! Waiting mails on their way out: at least once, with one Message-ID, until sent, expired or given up.

use crate::error::StoreError;
use crate::mail::{Delivery, MailJob};
use crate::ports::{Envelope, MailerError};
use crate::{Auth, Timestamp};
use chrono::TimeDelta;

/// For how long a claimed mail is ours; longer than any attempt may take.
const LEASE: TimeDelta = TimeDelta::seconds(60);

/// Waits grow to this and no further.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(6);

/// How many attempts may come to no end, for whatever befell the worker, beside those that a mail has.
const CUT_SHORT: u32 = 3;

/// What became of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeliveryReport {
    /// Handed over.
    pub sent: u64,
    /// To be tried again.
    pub retried: u64,
    /// Given up.
    pub dead: u64,
    /// Not worth sending any more.
    pub expired: u64,
}

impl Auth {
    /// Claims at most `limit` mails that are due; each is to be given to [`Auth::deliver_mail`] within the lease of a
    /// minute, or is claimed again.
    ///
    /// # Errors
    /// When the outbox is away.
    pub async fn claim_mails(&self, limit: u32) -> Result<Vec<MailJob>, StoreError> {
        self.ports.outbox.claim(limit, LEASE, self.now()).await
    }

    /// Makes one attempt to send a claimed mail, and writes down what became of it.
    ///
    /// # Errors
    /// When the outbox is away; the mail may be out, and is sent again with the same Message-ID.
    pub async fn deliver_mail(&self, job: &MailJob) -> Result<Delivery, StoreError> {
        let delivery = self.attempt(job).await?;
        self.ports.outbox.settle(job, delivery.clone()).await?;
        Ok(delivery)
    }

    /// Claims and delivers what is due, one after the other, at most `limit`.
    ///
    /// # Errors
    /// When the outbox is away.
    pub async fn deliver_mails(&self, limit: u32) -> Result<DeliveryReport, StoreError> {
        let mut report = DeliveryReport::default();
        for _ in 0..limit {
            // One claim each: the last of many would wait for longer than its lease.
            let Some(job) = self.claim_mails(1).await?.pop() else { break };
            match self.deliver_mail(&job).await? {
                Delivery::Sent => report.sent += 1,
                Delivery::Retry { .. } => report.retried += 1,
                Delivery::Dead { .. } => report.dead += 1,
                Delivery::Expired => report.expired += 1,
            }
        }
        Ok(report)
    }

    async fn attempt(&self, job: &MailJob) -> Result<Delivery, StoreError> {
        if job.mail.expires_at.is_some_and(|ends| ends <= self.now()) {
            return Ok(Delivery::Expired);
        }
        if job.attempt > self.settings.mail_max_attempts.saturating_add(CUT_SHORT) {
            let reason =
                format!("given up: {} attempts were made, and too many came to no end", job.attempt - 1);
            return Ok(Delivery::Dead { reason });
        }
        let content = match self.keys.mails.open(&job.mail) {
            Ok(content) => content,
            Err(unreadable) => {
                return Ok(Delivery::Dead { reason: unreadable.to_string() });
            }
        };
        let envelope = Envelope {
            message_id: job.mail.message_id.clone(),
            to: job.mail.to.clone(),
            content,
            created_at: job.mail.created_at,
        };
        Ok(match self.ports.mailer.send(&envelope).await {
            Ok(()) => Delivery::Sent,
            Err(MailerError::Permanent(reason)) => Delivery::Dead { reason },
            Err(MailerError::Temporary(reason)) if job.attempt >= self.settings.mail_max_attempts => {
                Delivery::Dead { reason: format!("given up after {} attempts: {reason}", job.attempt) }
            }
            Err(MailerError::Temporary(reason)) => {
                let mut random = [0; 1];
                self.ports.entropy.fill(&mut random)?;
                let at = next_attempt(self.now(), job.attempt, self.settings.mail_retry_delay, random[0]);
                Delivery::Retry { at, reason }
            }
        })
    }
}

/// The delay doubles with each attempt, and is stretched by up to half, so that mails which failed together do not
/// come back together.
fn next_attempt(now: Timestamp, attempt: u32, first: TimeDelta, random: u8) -> Timestamp {
    let doublings = attempt.saturating_sub(1).min(20);
    let wait = first.checked_mul(1 << doublings).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
    now + wait + wait * i32::from(random) / 512
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_are_bounded() {
        let now = Timestamp::UNIX_EPOCH;
        let wait = |attempt, random| next_attempt(now, attempt, TimeDelta::seconds(60), random) - now;
        assert_eq!(wait(1, 0), TimeDelta::seconds(60));
        assert_eq!(wait(2, 0), TimeDelta::seconds(120));
        assert_eq!(wait(4, 0), TimeDelta::seconds(480));
        assert_eq!(wait(u32::MAX, 0), LONGEST_WAIT);
        assert!(wait(1, 255) < TimeDelta::seconds(90) && wait(1, 255) > TimeDelta::seconds(89));
    }
}

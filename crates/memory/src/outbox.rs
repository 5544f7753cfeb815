//! `Outbox` in process.

use crate::state::MemoryStore;
use async_trait::async_trait;
use chrono::TimeDelta;
use evently_auth_domain::Timestamp;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::mail::{Delivery, MailEntry, MailId, MailJob, MailStatus, QueueStats, SealedMail};
use evently_auth_domain::ports::Outbox;

/// A mail and where it stands.
pub(crate) struct WaitingMail {
    mail: SealedMail,
    status: MailStatus,
    attempts: u32,
    next_attempt_at: Timestamp,
    /// The latest lease; 0 before the first.
    lease: i64,
    /// Until when the latest lease holds it; `None` when it is settled.
    leased_until: Option<Timestamp>,
    last_error: Option<String>,
}

impl WaitingMail {
    pub(crate) fn new(mail: SealedMail) -> Self {
        Self {
            status: MailStatus::Queued,
            attempts: 0,
            next_attempt_at: mail.created_at,
            lease: 0,
            leased_until: None,
            last_error: None,
            mail,
        }
    }

    fn is_due(&self, now: Timestamp) -> bool {
        self.status == MailStatus::Queued
            && self.next_attempt_at <= now
            && self.leased_until.is_none_or(|until| until <= now)
    }

    /// An attempt that nobody settled was due when its lease ended.
    fn due_since(&self) -> Timestamp {
        self.leased_until.unwrap_or(self.next_attempt_at)
    }

    fn is_held_by(&self, lease: i64) -> bool {
        self.leased_until.is_some() && self.lease == lease
    }

    fn is_settled_and_written_before(&self, before: Timestamp) -> bool {
        matches!(self.status, MailStatus::Sent | MailStatus::Expired) && self.mail.created_at < before
    }

    fn settle(&mut self, delivery: Delivery) {
        self.leased_until = None;
        match delivery {
            Delivery::Sent => self.finish(MailStatus::Sent),
            Delivery::Expired => self.finish(MailStatus::Expired),
            Delivery::Retry { at, reason } => {
                self.next_attempt_at = at;
                self.last_error = Some(reason);
            }
            Delivery::Dead { reason } => {
                self.status = MailStatus::Dead;
                self.last_error = Some(reason);
            }
        }
    }

    fn finish(&mut self, status: MailStatus) {
        self.status = status;
        self.mail.payload.clear();
    }

    fn entry(&self, id: MailId) -> MailEntry {
        MailEntry {
            id,
            message_id: self.mail.message_id.clone(),
            kind: self.mail.kind,
            to: self.mail.to.clone(),
            status: self.status,
            attempts: self.attempts,
            next_attempt_at: self.next_attempt_at,
            last_error: self.last_error.clone(),
            created_at: self.mail.created_at,
        }
    }
}

#[async_trait]
impl Outbox for MemoryStore {
    async fn put(&self, effects: Effects) -> Result<(), StoreError> {
        self.state()?.write(effects, None);
        Ok(())
    }

    async fn claim(&self, limit: u32, length: TimeDelta, now: Timestamp) -> Result<Vec<MailJob>, StoreError> {
        let mut state = self.state()?;
        let mut due: Vec<_> = state.mails.iter_mut().filter(|(_, waiting)| waiting.is_due(now)).collect();
        due.sort_by_key(|(id, waiting)| {
            (waiting.mail.priority, waiting.due_since(), waiting.mail.created_at, **id)
        });
        let claim = |(id, waiting): (&MailId, &mut WaitingMail)| {
            waiting.attempts += 1;
            waiting.lease += 1;
            waiting.leased_until = Some(now + length);
            MailJob { id: *id, lease: waiting.lease, attempt: waiting.attempts, mail: waiting.mail.clone() }
        };
        let mut jobs: Vec<_> = due.into_iter().take(limit as usize).map(claim).collect();
        jobs.sort_by_key(|job| (job.mail.priority, job.mail.created_at, job.id));
        Ok(jobs)
    }

    async fn settle(&self, job: &MailJob, delivery: Delivery) -> Result<bool, StoreError> {
        let mut state = self.state()?;
        let held = state.mails.get_mut(&job.id).filter(|waiting| waiting.is_held_by(job.lease));
        Ok(held.map(|waiting| waiting.settle(delivery)).is_some())
    }

    async fn list(&self, status: Option<MailStatus>, limit: u32) -> Result<Vec<MailEntry>, StoreError> {
        let state = self.state()?;
        let wanted = |waiting: &WaitingMail| status.is_none_or(|status| waiting.status == status);
        let wanted = state.mails.iter().filter(|(_, waiting)| wanted(waiting));
        let mut entries: Vec<_> = wanted.map(|(id, waiting)| waiting.entry(*id)).collect();
        entries.sort_by_key(|entry| (entry.created_at, entry.id));
        entries.reverse();
        entries.truncate(limit as usize);
        Ok(entries)
    }

    async fn requeue(&self, ids: Option<&[MailId]>, now: Timestamp) -> Result<u64, StoreError> {
        let mut state = self.state()?;
        let named = |id: &MailId| ids.is_none_or(|ids| ids.contains(id));
        let mut requeued = 0;
        for (_, waiting) in state.mails.iter_mut().filter(|(id, _)| named(id)) {
            if waiting.status == MailStatus::Dead {
                waiting.status = MailStatus::Queued;
                waiting.attempts = 0;
                waiting.next_attempt_at = now;
                requeued += 1;
            }
        }
        Ok(requeued)
    }

    async fn sweep_settled(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut state = self.state()?;
        let settled = state.mails.iter().filter(|(_, waiting)| waiting.is_settled_and_written_before(before));
        let ids: Vec<_> = settled.map(|(id, _)| *id).take(limit as usize).collect();
        for id in &ids {
            state.mails.remove(id);
        }
        Ok(ids.len() as u64)
    }

    async fn stats(&self) -> Result<QueueStats, StoreError> {
        let state = self.state()?;
        let of = |status| state.mails.values().filter(move |waiting| waiting.status == status);
        Ok(QueueStats {
            queued: of(MailStatus::Queued).count() as u64,
            dead: of(MailStatus::Dead).count() as u64,
            oldest_queued: of(MailStatus::Queued).map(|waiting| waiting.mail.created_at).min(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use evently_auth_domain::mail::{MailKind, Priority};

    #[test]
    fn the_payload_of_a_sent_or_expired_mail_is_wiped() {
        let retry = Delivery::Retry { at: Timestamp::UNIX_EPOCH, reason: String::new() };
        for (delivery, wiped) in [
            (Delivery::Sent, true),
            (Delivery::Expired, true),
            (Delivery::Dead { reason: String::new() }, false),
            (retry, false),
        ] {
            let mut waiting = WaitingMail::new(SealedMail {
                message_id: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
                kind: MailKind::Welcome,
                priority: Priority::Notice,
                to: "ada@example.com".parse().unwrap(),
                payload: vec![1, 2, 3],
                expires_at: None,
                request_id: "request-1".to_owned(),
                created_at: Timestamp::UNIX_EPOCH,
            });
            waiting.settle(delivery);
            assert_eq!(waiting.mail.payload.is_empty(), wiped, "{:?}", waiting.status);
        }
    }
}

//! Sealing the audit: rows that no seal covers become the next link of the chain.
//!
//! Whoever breaks the chain breaks it for good: sealing goes on, and what is gone stays a gap in the numbers.

use crate::Auth;
use crate::audit::{AuditEnd, AuditEnds, AuditLink, AuditSeal, AuditSide};
use crate::error::StoreError;

/// What one sealing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedAudit {
    /// The seal that was made.
    pub link: AuditLink,
    /// How many rows it covers.
    pub rows: usize,
}

impl Auth {
    /// Seals at most `limit` rows. Several may do this at once: one of them seals.
    ///
    /// # Errors
    /// When the audit is away, or somebody put a seal there that leaves no number for the next; then nothing was
    /// sealed.
    pub async fn seal_audit(&self, limit: u32) -> Result<Option<SealedAudit>, StoreError> {
        // The last seal first: what another one sealed since has its place, and ours is refused.
        let log = &self.ports.audit_log;
        let last = log.last_seal().await?;
        let rows = log.unsealed(limit).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let ends = log.ends().await?;
        let previous = self.place_to_go_on(last.as_ref(), &ends).await?;
        if previous.number == i64::MAX {
            return Err(StoreError::corrupt(
                "the audit has a seal with the last of all numbers: it was inserted",
            ));
        }
        let at = self.now();
        let seal = self.keys.audit.seal(previous, &rows, at);
        let before = ends.end.filter(|end| self.keys.audit.proves_end(AuditSide::End, end));
        let last_row = before.map_or(0, |end| end.last_row).max(seal.last_row());
        let end = self.keys.audit.end(AuditSide::End, seal.link(), 0, last_row, at);
        let sealed = SealedAudit { link: seal.link(), rows: seal.rows.len() };
        let appended = log.append_seal(last.map_or(0, |last| last.number), seal, end).await?;
        Ok(appended.then_some(sealed))
    }

    /// The place that the next seal follows: the last seal, if everything is in order.
    async fn place_to_go_on(
        &self,
        last: Option<&AuditSeal>,
        ends: &AuditEnds,
    ) -> Result<AuditLink, StoreError> {
        let proven = |side, end: &AuditEnd| self.keys.audit.proves_end(side, end);
        let start = ends.start.filter(|start| proven(AuditSide::Start, start));
        let end = ends.end.filter(|end| proven(AuditSide::End, end));
        let place = [last.map(AuditSeal::link), end.map(|end| end.link), start.map(|start| start.link)];
        let place = place.into_iter().flatten().max_by_key(|link| link.number);
        let Some(place) = place else { return Ok(AuditLink::NONE) };
        let is_set_back = end.zip(start).is_some_and(|(end, start)| end.is_before_a_cut(&start));
        // An end at or beyond the last seal: should seals between be gone, their numbers are not given again.
        if let Some(end) = end.filter(|end| !is_set_back && end.link.number == place.number) {
            return Ok(end.link);
        }
        // A version that keeps no end made the last seal: the chain simply goes on.
        if let Some(last) = last.filter(|last| !is_set_back && last.number == place.number)
            && (end.is_some() || (ends.end.is_none() && start.is_none()))
            && !self.has_kept_its_end(last).await?
        {
            return Ok(last.link());
        }
        // The end was taken away, forged or set back, and who knows what with it.
        Ok(AuditLink { number: place.number.saturating_add(1), ..place })
    }

    /// Whether the end of the chain was kept when `last` was made; if nothing says otherwise, it was.
    async fn has_kept_its_end(&self, last: &AuditSeal) -> Result<bool, StoreError> {
        let previous = match last.number {
            ..=1 => Some(AuditLink::NONE),
            number => {
                let before = self.ports.audit_log.seals(number.saturating_sub(2), 1).await?;
                before.first().filter(|before| before.number == number - 1).map(AuditSeal::link)
            }
        };
        let key = &self.keys.audit;
        Ok(!previous.is_some_and(|previous| key.is_former(previous.digest, last)))
    }
}

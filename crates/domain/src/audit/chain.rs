//! The chain of seals over the rows, its two ends, and the key that proves all of it.
//!
//! A seal lists its rows and is bound to the seal before it. Where the chain begins and ends is kept beside it, keyed as
//! well: without that, what is cut off at an end takes every trace of itself along.

use super::{AuditAction, AuditEvent, AuditOutcome};
use crate::Timestamp;
use crate::account::UserId;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use subtle::ConstantTimeEq;

/// A keyed digest of a row, a seal or an end; as text in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditMac(pub [u8; 32]);

impl fmt::Display for AuditMac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A row as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its number; grows, may have gaps.
    pub id: i64,
    /// What it says.
    pub event: AuditEvent,
    /// The digest over what it says.
    pub mac: AuditMac,
    /// The seal that covers it, once one does.
    pub sealed_by: Option<i64>,
}

impl AuditRecord {
    /// A row of some time whose content is none that this version writes: it proves nothing, and holds nobody up.
    pub fn unreadable(id: i64, at: Timestamp, mac: AuditMac, sealed_by: Option<i64>) -> Self {
        let event = AuditEvent::local(AuditAction::Unreadable, AuditOutcome::Failure, at);
        Self { id, event, mac, sealed_by }
    }
}

/// A place in the chain: a seal's number and digest; as text `NUMBER:DIGEST`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditLink {
    /// The seal's number.
    pub number: i64,
    /// The seal's digest.
    pub digest: AuditMac,
}

impl AuditLink {
    /// The place before the first seal.
    pub const NONE: Self = Self { number: 0, digest: AuditMac([0; 32]) };

    /// The place that `text` names.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, digest) = text.split_once(':')?;
        let number = number.parse().ok().filter(|number| *number > 0)?;
        let (pairs, []) = digest.as_bytes().as_chunks::<2>() else { return None };
        let value = |digit: &u8| char::from(*digit).to_digit(16);
        let byte = |[high, low]: &[u8; 2]| u8::try_from(value(high)? * 16 + value(low)?).ok();
        let bytes = pairs.iter().map(byte).collect::<Option<Vec<_>>>()?;
        Some(Self { number, digest: AuditMac(bytes.try_into().ok()?) })
    }
}

impl fmt::Display for AuditLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, self.digest)
    }
}

/// A link of the chain: names the rows that it covers, in order, and is bound to the link before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditSeal {
    /// Grows by one each time; a gap is where the chain was broken.
    pub number: i64,
    /// The rows, in order, with their digests.
    pub rows: Vec<(i64, AuditMac)>,
    /// When it was made.
    pub at: Timestamp,
    /// The digest over all of it and the digest of the seal before.
    pub mac: AuditMac,
}

impl AuditSeal {
    /// Its place in the chain.
    pub fn link(&self) -> AuditLink {
        AuditLink { number: self.number, digest: self.mac }
    }

    /// The highest id among its rows.
    pub fn last_row(&self) -> i64 {
        self.rows.iter().map(|(id, _)| *id).max().unwrap_or(0)
    }
}

/// Which end of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditSide {
    /// Where it begins: what came before was cut by retention.
    Start,
    /// Where it ends: nothing that was sealed is missing behind it.
    End,
}

impl AuditSide {
    /// The side as it stands in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::End => "end",
        }
    }
}

/// An end of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditEnd {
    /// Of the start: the last seal that was removed. Of the end: the last seal.
    pub link: AuditLink,
    /// How many rows were removed in all; none at the end.
    pub rows: i64,
    /// The highest id of a row that was removed, or sealed.
    pub last_row: i64,
    /// Of the start: the time of the newest row that was removed and was as it was. Of the end: when the seal was made.
    pub at: Timestamp,
    /// The digest over all of it, and over which end it is.
    pub mac: AuditMac,
}

impl AuditEnd {
    /// Whether this end of the chain is from before something was cut that `start` speaks of: a cut leaves a seal, so the
    /// end is behind the start.
    pub(crate) fn is_before_a_cut(&self, start: &Self) -> bool {
        self.link.number <= start.link.number
    }
}

/// The ends as they are stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AuditEnds {
    /// None while nothing was cut.
    pub start: Option<AuditEnd>,
    /// None while nothing was sealed by a version that keeps it.
    pub end: Option<AuditEnd>,
}

/// The server's key for the audit.
#[derive(Clone)]
pub struct AuditKey([u8; 32]);

impl AuditKey {
    /// Takes over a derived key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The digest over a row's content; adapters store it with the row.
    pub fn row_mac(&self, event: &AuditEvent) -> AuditMac {
        let number = |id: Option<UserId>| id.map(|id| id.0.to_string());
        let fields: [Option<String>; 10] = [
            Some(event.at.timestamp_micros().to_string()),
            Some(event.action.as_str().to_owned()),
            Some(event.outcome.as_str().to_owned()),
            number(event.actor),
            number(event.subject),
            event.sid.as_ref().map(|sid| sid.as_str().to_owned()),
            event.ip_address.map(|ip| ip.to_string()),
            event.user_agent.clone(),
            event.request_id.clone(),
            event.detail.clone(),
        ];
        let mut mac = self.start(b"row");
        for field in &fields {
            match field {
                Some(text) => {
                    mac.update(&[1]);
                    mac.update(&(text.len() as u64).to_be_bytes());
                    mac.update(text.as_bytes());
                }
                None => mac.update(&[0]),
            }
        }
        AuditMac(mac.finalize().into_bytes().into())
    }

    /// Whether `record` says what it said when it was written.
    pub fn proves_row(&self, record: &AuditRecord) -> bool {
        same(self.row_mac(&record.event), record.mac)
    }

    /// The next link after `previous`, over `rows` in their order.
    pub fn seal(&self, previous: AuditLink, rows: &[AuditRecord], at: Timestamp) -> AuditSeal {
        let number = previous.number.saturating_add(1);
        let rows: Vec<_> = rows.iter().map(|row| (row.id, row.mac)).collect();
        let mac = self.seal_mac(SEAL, previous.digest, number, &rows, at);
        AuditSeal { number, rows, at, mac }
    }

    /// The link that a version which did not keep the end of the chain would have made: for tests of an upgrade.
    #[doc(hidden)]
    pub fn former_seal(&self, previous: AuditLink, rows: &[AuditRecord], at: Timestamp) -> AuditSeal {
        let seal = self.seal(previous, rows, at);
        let mac = self.seal_mac(FORMER_SEAL, previous.digest, seal.number, &seal.rows, at);
        AuditSeal { mac, ..seal }
    }

    /// Whether `seal` is the link after `previous` that we made.
    pub fn proves_seal(&self, previous: AuditMac, seal: &AuditSeal) -> bool {
        self.proves(SEAL, previous, seal) || self.is_former(previous, seal)
    }

    /// Whether `seal` was made by a version that did not keep the end of the chain.
    pub(crate) fn is_former(&self, previous: AuditMac, seal: &AuditSeal) -> bool {
        self.proves(FORMER_SEAL, previous, seal)
    }

    fn proves(&self, label: &[u8], previous: AuditMac, seal: &AuditSeal) -> bool {
        same(self.seal_mac(label, previous, seal.number, &seal.rows, seal.at), seal.mac)
    }

    /// An end at `link`; see [`AuditEnd`] for the rest. The start is of a chain whose cut part was in order.
    pub fn end(&self, side: AuditSide, link: AuditLink, rows: i64, last_row: i64, at: Timestamp) -> AuditEnd {
        self.signed(side.as_str().as_bytes(), AuditEnd { link, rows, last_row, at, mac: AuditMac([0; 32]) })
    }

    /// `start`, as that of a chain of which something was cut that had been tampered with.
    pub fn tainted(&self, start: AuditEnd) -> AuditEnd {
        self.signed(TAINTED_START, start)
    }

    /// Whether we put `end` on this side.
    pub fn proves_end(&self, side: AuditSide, end: &AuditEnd) -> bool {
        same(self.end_mac(side.as_str().as_bytes(), end), end.mac)
            || (side == AuditSide::Start && self.is_tainted(end))
    }

    /// Whether we put `start` there, and something had been tampered with that was cut.
    pub fn is_tainted(&self, start: &AuditEnd) -> bool {
        same(self.end_mac(TAINTED_START, start), start.mac)
    }

    fn signed(&self, label: &[u8], end: AuditEnd) -> AuditEnd {
        AuditEnd { mac: self.end_mac(label, &end), ..end }
    }

    fn end_mac(&self, label: &[u8], end: &AuditEnd) -> AuditMac {
        let mut mac = self.start(label);
        mac.update(&end.link.number.to_be_bytes());
        mac.update(&end.link.digest.0);
        for number in [end.rows, end.last_row, end.at.timestamp_micros()] {
            mac.update(&number.to_be_bytes());
        }
        AuditMac(mac.finalize().into_bytes().into())
    }

    fn seal_mac(
        &self,
        label: &[u8],
        previous: AuditMac,
        number: i64,
        rows: &[(i64, AuditMac)],
        at: Timestamp,
    ) -> AuditMac {
        let mut mac = self.start(label);
        mac.update(&previous.0);
        mac.update(&number.to_be_bytes());
        mac.update(&at.timestamp_micros().to_be_bytes());
        mac.update(&(rows.len() as u64).to_be_bytes());
        for (id, digest) in rows {
            mac.update(&id.to_be_bytes());
            mac.update(&digest.0);
        }
        AuditMac(mac.finalize().into_bytes().into())
    }

    fn start(&self, label: &[u8]) -> Hmac<Sha256> {
        let mut mac = match Hmac::<Sha256>::new_from_slice(&self.0) {
            Ok(mac) => mac,
            Err(never) => unreachable!("HMAC takes keys of any length: {never}"),
        };
        mac.update(label);
        mac
    }
}

/// What the digest of a seal begins with; the former one is of versions that did not keep the end of the chain. No
/// two messages that begin differently are alike: their lengths differ, too.
const SEAL: &[u8] = b"seal2";
const FORMER_SEAL: &[u8] = b"seal";

/// What the digest of a start begins with once something was cut that had been tampered with.
const TAINTED_START: &[u8] = b"tainted";

fn same(one: AuditMac, other: AuditMac) -> bool {
    one.0.ct_eq(&other.0).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_has_one_text() {
        let link = AuditLink { number: 42, digest: AuditMac([0xa7; 32]) };
        assert_eq!(link.to_string(), format!("42:{}", "a7".repeat(32)));
        assert_eq!(AuditLink::parse(&link.to_string()), Some(link));
        for wrong in ["", "42", "42:", "0:a7", "-1:a7", &format!("42:{}", "a7".repeat(31))] {
            assert_eq!(AuditLink::parse(wrong), None, "{wrong}");
        }
        assert_eq!(AuditLink::parse(&format!("42:{}", "é".repeat(32))), None);
    }

    #[test]
    fn an_end_proves_itself_on_its_side_alone() {
        let key = AuditKey::new([1; 32]);
        let link = AuditLink { number: 3, digest: AuditMac([4; 32]) };
        let end = key.end(AuditSide::End, link, 0, 9, Timestamp::UNIX_EPOCH);
        assert!(key.proves_end(AuditSide::End, &end));
        assert!(!key.proves_end(AuditSide::Start, &end));
        assert!(!AuditKey::new([2; 32]).proves_end(AuditSide::End, &end));
        for forged in [
            AuditEnd { link: AuditLink { number: 4, ..link }, ..end },
            AuditEnd { link: AuditLink { digest: AuditMac([5; 32]), ..link }, ..end },
            AuditEnd { rows: 1, ..end },
            AuditEnd { last_row: 8, ..end },
            AuditEnd { at: Timestamp::UNIX_EPOCH + chrono::TimeDelta::microseconds(1), ..end },
        ] {
            assert!(!key.proves_end(AuditSide::End, &forged), "{forged:?}");
        }
        let tainted = key.tainted(key.end(AuditSide::Start, link, 0, 9, Timestamp::UNIX_EPOCH));
        assert!(key.proves_end(AuditSide::Start, &tainted) && key.is_tainted(&tainted));
        assert!(!key.proves_end(AuditSide::End, &tainted) && !key.is_tainted(&end));
    }
}

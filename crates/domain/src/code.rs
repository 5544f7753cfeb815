//! One-time codes: six digits, three attempts, ten minutes.

use crate::Timestamp;
use crate::account::{EmailAddress, UserId};
use crate::code_note::SealedNote;
use crate::error::StoreError;
use crate::fault::Fault;
use crate::ports::Entropy;
use chrono::TimeDelta;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use zeroize::Zeroizing;

/// How long a code works, and how long wrong attempts are remembered.
pub const LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// How many attempts an address has before its code is dead.
pub const MAX_ATTEMPTS: u32 = 3;

/// What a code is good for; a code for one purpose is none for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Proves an address: after registration, and for a change of address.
    VerifyEmail,
    /// Sets a new password.
    ResetPassword,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Purpose::VerifyEmail => b"verify-email",
            Purpose::ResetPassword => b"reset-password",
        }
    }
}

/// A one-time code: exactly six ASCII digits; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct OneTimeCode(Zeroizing<String>);

impl OneTimeCode {
    /// A fresh one, each of the million as likely as any other.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, StoreError> {
        const CODES: u32 = 1_000_000;
        const FAIR: u32 = u32::MAX - u32::MAX % CODES;
        loop {
            let mut bytes = [0; 4];
            entropy.fill(&mut bytes)?;
            let number = u32::from_be_bytes(bytes);
            if number < FAIR {
                return Ok(Self(Zeroizing::new(format!("{:06}", number % CODES))));
            }
        }
    }

    /// Takes `raw` when it is six ASCII digits.
    ///
    /// # Errors
    /// `invalid_format`.
    pub fn parse(raw: &str) -> Result<Self, Fault> {
        if raw.len() == 6 && raw.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(Zeroizing::new(raw.to_owned())))
        } else {
            Err(Fault::new("invalid_format", "A code is exactly six digits."))
        }
    }

    /// The digits, for the mail.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeCode(..)")
    }
}

/// Where the code of an address for a purpose is kept: a keyed digest, so that a store knows no addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CodeSlot(pub [u8; 32]);

/// What is kept of a code: a keyed digest; useless without the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeMac(pub [u8; 32]);

/// The server's key for codes.
#[derive(Clone)]
pub struct CodeKey([u8; 32]);

impl CodeKey {
    /// Takes over a derived key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// Where the code of `address` for `purpose` is kept.
    pub fn slot(&self, purpose: Purpose, address: &EmailAddress) -> CodeSlot {
        CodeSlot(self.digest(&[b"slot", purpose.label(), address.as_str().as_bytes()]))
    }

    /// What is kept of `code` for `purpose` and `address`.
    pub fn mac(&self, purpose: Purpose, address: &EmailAddress, code: &OneTimeCode) -> CodeMac {
        CodeMac(self.digest(&[
            b"code",
            purpose.label(),
            address.as_str().as_bytes(),
            code.expose().as_bytes(),
        ]))
    }

    fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = match Hmac::<Sha256>::new_from_slice(&self.0) {
            Ok(mac) => mac,
            Err(never) => unreachable!("HMAC takes keys of any length: {never}"),
        };
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// What a slot holds for somebody who may answer with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCode {
    /// What is kept of the code.
    pub mac: CodeMac,
    /// The account that it was made for.
    pub subject: UserId,
    /// What is known of that account, so that it need not be looked up.
    pub note: Option<SealedNote>,
}

/// A code that a check used up, as it was just before: what it takes to give it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenCode {
    /// What the slot held.
    pub code: StoredCode,
    /// When it ends.
    pub ends: Timestamp,
    /// Attempts made before the accepted one, and when they are forgotten.
    pub attempts: Option<(u32, Timestamp)>,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeCheck {
    /// It was the code, which is used up now.
    Accepted(TakenCode),
    /// It was not, or there is none, or the attempts are used up; nobody can tell which.
    Rejected {
        /// How many attempts are left: 2, 1, 0, 0, …
        remaining: u32,
    },
}

/// One slot, as a value: the rule that every adapter of `Codes` keeps, without a clock or a store.
///
/// The count of attempts has a window of its own, so it runs alike whether or not there is a code to guess.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeEntry {
    /// The code and when it ends, while there is one.
    pub code: Option<(StoredCode, Timestamp)>,
    /// Attempts made, and when they are forgotten.
    pub attempts: Option<(u32, Timestamp)>,
}

impl CodeEntry {
    /// What a new code leaves: itself and a fresh count. `None` leaves the count alone fresh, as for an address
    /// that has no account.
    pub fn issued(code: Option<StoredCode>, now: Timestamp) -> Self {
        Self { code: code.map(|code| (code, now + LIFETIME)), attempts: None }
    }

    /// Whose code there is, while it is alive.
    pub fn subject(&self, now: Timestamp) -> Option<UserId> {
        self.code.as_ref().filter(|(_, ends)| *ends > now).map(|(code, _)| code.subject)
    }

    /// Counts an attempt, then compares it: the entry as it is afterwards, and what became of the attempt.
    pub fn check(self, attempt: CodeMac, now: Timestamp) -> (Self, CodeCheck) {
        let (made, until) = match self.attempts {
            Some((made, until)) if until > now => (made, until),
            _ => (0, now + LIFETIME),
        };
        if made >= MAX_ATTEMPTS {
            return (
                Self { code: None, attempts: Some((made, until)) },
                CodeCheck::Rejected { remaining: 0 },
            );
        }
        let made = made + 1;
        match self.code {
            Some((code, ends)) if ends > now && code.mac == attempt => {
                let attempts = (made > 1).then_some((made - 1, until));
                (Self::default(), CodeCheck::Accepted(TakenCode { code, ends, attempts }))
            }
            code => {
                let code = code.filter(|_| made < MAX_ATTEMPTS);
                let entry = Self { code, attempts: Some((made, until)) };
                (entry, CodeCheck::Rejected { remaining: MAX_ATTEMPTS - made })
            }
        }
    }

    /// Gives back what a check took: the entry as if that check had never been made. It keeps its end and its count,
    /// attempts made meanwhile are added, and a newer code stays.
    #[must_use]
    pub fn restore(self, taken: TakenCode, now: Timestamp) -> Self {
        let superseded = self.code.as_ref().is_some_and(|(_, ends)| *ends > now);
        if superseded || taken.ends <= now {
            return self;
        }
        let running = |attempts: Option<(u32, Timestamp)>| attempts.filter(|(_, until)| *until > now);
        let attempts = match (running(taken.attempts), running(self.attempts)) {
            (Some((before, until)), Some((since, _))) => Some(((before + since).min(MAX_ATTEMPTS), until)),
            (before, since) => before.or(since),
        };
        let dead = attempts.is_some_and(|(made, _)| made >= MAX_ATTEMPTS);
        Self { code: (!dead).then_some((taken.code, taken.ends)), attempts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_six_ascii_digits() {
        assert!(OneTimeCode::parse("012345").is_ok());
        for raw in ["", "12345", "1234567", "12345a", " 12345", "１２３４５６", "-12345", "+12345", "12 345"]
        {
            assert!(OneTimeCode::parse(raw).is_err(), "{raw:?}");
        }
    }

    #[test]
    fn digests_differ_by_purpose_address_and_code() {
        let key = CodeKey::new([1; 32]);
        let (a, b) =
            (EmailAddress::parse("a@example.com").unwrap(), EmailAddress::parse("b@example.com").unwrap());
        let code = OneTimeCode::parse("123456").unwrap();
        let all = [
            key.mac(Purpose::VerifyEmail, &a, &code).0,
            key.mac(Purpose::ResetPassword, &a, &code).0,
            key.mac(Purpose::VerifyEmail, &b, &code).0,
            key.mac(Purpose::VerifyEmail, &a, &OneTimeCode::parse("123457").unwrap()).0,
            key.slot(Purpose::VerifyEmail, &a).0,
            key.slot(Purpose::ResetPassword, &a).0,
        ];
        for (i, one) in all.iter().enumerate() {
            assert!(all.iter().skip(i + 1).all(|other| one != other));
        }
    }
}

//! The port `Codes`: the domain's rule as one script per call, on the clock of Redis.
//!
//! A slot is one hash of six fields that expires by itself; the note is missing from what a version without notes put. No call is repeated after a lost answer, so nothing is
//! counted twice, and no code that was accepted is told to be rejected.

use crate::key::{Key, hex};
use crate::script::{Script, script};
use crate::store::RedisStore;
use async_trait::async_trait;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::UserId;
use evently_auth_domain::code::{
    CodeCheck, CodeMac, CodeSlot, LIFETIME, MAX_ATTEMPTS, StoredCode, TakenCode,
};
use evently_auth_domain::code_note::SealedNote;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::Codes;
use std::sync::LazyLock;

static PUT: LazyLock<Script> = script!("put_code.lua");
static CHECK: LazyLock<Script> = script!("check_code.lua");
static RESTORE: LazyLock<Script> = script!("restore_code.lua");

/// The port `Codes` over a [`RedisStore`]. Cheap to clone.
#[derive(Clone)]
pub struct RedisCodes {
    store: RedisStore,
}

impl RedisCodes {
    /// Codes in `store`.
    pub fn new(store: RedisStore) -> Self {
        Self { store }
    }

    /// A slot is a keyed digest already: nobody learns an address from it.
    fn key(&self, slot: CodeSlot) -> Key {
        self.store.key("code", &hex(&slot.0), "")
    }
}

#[async_trait]
impl Codes for RedisCodes {
    async fn put(&self, slot: CodeSlot, code: Option<StoredCode>) -> Result<Option<UserId>, StoreError> {
        let (mac, subject, note) = code.map_or_else(Default::default, |code| {
            (code.mac.0.to_vec(), number(code.subject.0), noted(code.note))
        });
        let arguments = [number(self.store.clock_shift()), lifetime(), mac, subject, note];
        let ended: Option<i64> =
            self.store.run_script("codes.put", &PUT, &[self.key(slot)], &arguments).await?;
        Ok(ended.map(UserId))
    }

    async fn check(&self, slot: CodeSlot, attempt: CodeMac) -> Result<CodeCheck, StoreError> {
        let arguments =
            [number(self.store.clock_shift()), lifetime(), number(MAX_ATTEMPTS), attempt.0.to_vec()];
        let (is_accepted, attempts, until, subject, ends, note): (bool, u32, i64, i64, i64, Vec<u8>) =
            self.store.run_script("codes.check", &CHECK, &[self.key(slot)], &arguments).await?;
        if !is_accepted {
            return Ok(CodeCheck::Rejected { remaining: attempts });
        }
        let note = (!note.is_empty()).then_some(SealedNote(note));
        Ok(CodeCheck::Accepted(TakenCode {
            code: StoredCode { mac: attempt, subject: UserId(subject), note },
            ends: time(ends)?,
            attempts: (attempts > 0).then(|| time(until)).transpose()?.map(|until| (attempts, until)),
        }))
    }

    async fn restore(&self, slot: CodeSlot, taken: TakenCode) -> Result<(), StoreError> {
        let (made, until) = taken.attempts.map_or((0, 0), |(made, until)| (made, until.timestamp_micros()));
        let arguments = [
            number(self.store.clock_shift()),
            number(MAX_ATTEMPTS),
            taken.code.mac.0.to_vec(),
            number(taken.code.subject.0),
            number(taken.ends.timestamp_micros()),
            number(made),
            number(until),
            noted(taken.code.note),
        ];
        self.store.run_script("codes.restore", &RESTORE, &[self.key(slot)], &arguments).await
    }
}

fn number(number: impl Into<i64>) -> Vec<u8> {
    number.into().to_string().into_bytes()
}

/// No note is the empty one.
fn noted(note: Option<SealedNote>) -> Vec<u8> {
    note.map(|note| note.0).unwrap_or_default()
}

fn lifetime() -> Vec<u8> {
    number(LIFETIME.num_microseconds().unwrap_or(i64::MAX))
}

fn time(micros: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_timestamp_micros(micros)
        .ok_or_else(|| StoreError::corrupt("the end of a code is no time"))
}

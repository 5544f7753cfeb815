//! The port `Codes`: the domain's rule, applied to one row under the write lock.

use crate::failure::Failure;
use crate::rows::{Row, micros};
use crate::schema::one_time_codes as codes;
use crate::store::SqliteStore;
use async_trait::async_trait;
use diesel::prelude::*;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::UserId;
use evently_auth_domain::code::{CodeCheck, CodeEntry, CodeMac, CodeSlot, StoredCode, TakenCode};
use evently_auth_domain::code_note::SealedNote;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{Clock, Codes};
use std::sync::Arc;

/// Forgotten slots that one call clears away; more than it can add.
const PURGED: i64 = 100;

/// The port `Codes` over a [`SqliteStore`], on a clock of its own. Cheap to clone.
#[derive(Clone)]
pub struct SqliteCodes {
    store: SqliteStore,
    clock: Arc<dyn Clock>,
}

impl SqliteCodes {
    /// Codes in `store`, that end by `clock`.
    pub fn new(store: SqliteStore, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }
}

#[async_trait]
impl Codes for SqliteCodes {
    async fn put(&self, slot: CodeSlot, code: Option<StoredCode>) -> Result<Option<UserId>, StoreError> {
        let clock = self.clock.clone();
        self.store
            .write(move |connection| {
                let now = clock.now();
                purge(connection, now)?;
                let ended = load(connection, slot)?.subject(now);
                save(connection, slot, &CodeEntry::issued(code, now))?;
                Ok(ended)
            })
            .await
    }

    async fn check(&self, slot: CodeSlot, attempt: CodeMac) -> Result<CodeCheck, StoreError> {
        let clock = self.clock.clone();
        self.store
            .write(move |connection| {
                let now = clock.now();
                purge(connection, now)?;
                let (entry, check) = load(connection, slot)?.check(attempt, now);
                save(connection, slot, &entry)?;
                Ok(check)
            })
            .await
    }

    async fn restore(&self, slot: CodeSlot, taken: TakenCode) -> Result<(), StoreError> {
        let clock = self.clock.clone();
        self.store
            .write(move |connection| {
                let now = clock.now();
                purge(connection, now)?;
                let entry = load(connection, slot)?.restore(taken, now);
                save(connection, slot, &entry)
            })
            .await
    }
}

fn purge(connection: &mut SqliteConnection, now: Timestamp) -> Result<(), Failure> {
    let ended = diesel::alias!(codes as ended);
    let (slot, end) = ended.fields((codes::slot, codes::expires_at));
    let forgotten = ended.filter(end.le(micros(now))).order(end).limit(PURGED).select(slot);
    diesel::delete(codes::table).filter(codes::slot.eq_any(forgotten)).execute(connection)?;
    Ok(())
}

fn load(connection: &mut SqliteConnection, slot: CodeSlot) -> Result<CodeEntry, Failure> {
    let row =
        codes::table.find(slot.0.as_slice()).select(EntryRow::as_select()).first(connection).optional()?;
    Ok(row.map_or_else(|| Ok(CodeEntry::default()), CodeEntry::try_from)?)
}

fn save(connection: &mut SqliteConnection, slot: CodeSlot, entry: &CodeEntry) -> Result<(), Failure> {
    let code = entry.code.as_ref().map(|(code, _)| code);
    let code_ends = entry.code.as_ref().map(|(_, ends)| *ends);
    let ends = code_ends.max(entry.attempts.map(|(_, until)| until));
    let Some(expires_at) = ends else {
        diesel::delete(codes::table.find(slot.0.as_slice())).execute(connection)?;
        return Ok(());
    };
    diesel::replace_into(codes::table)
        .values((
            codes::slot.eq(slot.0.as_slice()),
            codes::code_mac.eq(code.map(|code| code.mac.0.to_vec())),
            codes::subject.eq(code.map(|code| code.subject.0)),
            codes::code_ends_at.eq(code_ends.map(micros)),
            codes::note.eq(code.and_then(|code| code.note.as_ref()).map(|note| note.0.clone())),
            codes::attempts.eq(entry.attempts.map(|(made, _)| i64::from(made))),
            codes::attempts_until.eq(entry.attempts.map(|(_, until)| micros(until))),
            codes::expires_at.eq(micros(expires_at)),
        ))
        .execute(connection)?;
    Ok(())
}

/// Every column of `one_time_codes` that is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = codes, check_for_backend(diesel::sqlite::Sqlite))]
struct EntryRow {
    code_mac: Option<Vec<u8>>,
    subject: Option<i64>,
    code_ends_at: Option<i64>,
    note: Option<Vec<u8>>,
    attempts: Option<i64>,
    attempts_until: Option<i64>,
}

impl TryFrom<EntryRow> for CodeEntry {
    type Error = StoreError;

    fn try_from(entry: EntryRow) -> Result<Self, StoreError> {
        // Named by its table alone: a slot stands for an address.
        let row = Row { table: "one_time_codes", id: "(a slot)" };
        let code = entry.code_mac.zip(entry.subject).zip(entry.code_ends_at);
        let attempts = entry.attempts.zip(entry.attempts_until);
        Ok(Self {
            code: code
                .map(|((mac, subject), ends)| {
                    let mac = CodeMac(row.digest("code_mac", mac)?);
                    let note = entry.note.map(SealedNote);
                    let code = StoredCode { mac, subject: UserId(subject), note };
                    Ok::<_, StoreError>((code, row.time("code_ends_at", ends)?))
                })
                .transpose()?,
            attempts: attempts
                .map(|(made, until)| {
                    Ok::<_, StoreError>((row.number("attempts", made)?, row.time("attempts_until", until)?))
                })
                .transpose()?,
        })
    }
}

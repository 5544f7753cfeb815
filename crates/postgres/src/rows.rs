//! From columns to the domain's types: a value that breaks a rule is named by table, row and column, never
//! shown.

use evently_auth_domain::error::StoreError;
use std::fmt::Display;

/// Names a row in the message of a failure.
pub(crate) struct Row<I> {
    pub(crate) table: &'static str,
    pub(crate) id: I,
}

impl<I: Display> Row<I> {
    /// The value of `column`, if it keeps the rules.
    pub(crate) fn value<T>(&self, column: &str, value: Option<T>) -> Result<T, StoreError> {
        value.ok_or_else(|| {
            StoreError::corrupt(format!("{} {}: {column} breaks a rule of the domain", self.table, self.id))
        })
    }

    /// The value of `column`, if there is none or it keeps the rules.
    pub(crate) fn optional<C, T>(
        &self,
        column: &str,
        content: Option<C>,
        parse: impl FnOnce(C) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        content.map(|content| self.value(column, parse(content))).transpose()
    }

    /// The 32 bytes in `column`.
    pub(crate) fn digest(&self, column: &str, bytes: Vec<u8>) -> Result<[u8; 32], StoreError> {
        self.value(column, bytes.try_into().ok())
    }

    /// The small number in `column`.
    pub(crate) fn number(&self, column: &str, number: i64) -> Result<u32, StoreError> {
        self.value(column, u32::try_from(number).ok())
    }
}

/// All of `rows` as what they stand for, or the first that breaks a rule.
pub(crate) fn all<R, T>(rows: Vec<R>) -> Result<Vec<T>, StoreError>
where
    T: TryFrom<R, Error = StoreError>,
{
    rows.into_iter().map(T::try_from).collect()
}

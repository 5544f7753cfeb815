//! Query parameters read one by one, with all faults told together; parameters nobody asks for are ignored.

use crate::problem::{FieldError, Problem};
use std::collections::BTreeMap;

/// The parameters of a query, and what was found wrong with them so far.
pub(crate) struct Query {
    values: BTreeMap<String, Vec<String>>,
    errors: Vec<FieldError>,
}

impl Query {
    /// Takes a query apart (`application/x-www-form-urlencoded`).
    pub(crate) fn new(query: &str) -> Self {
        let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            values.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        Self { values, errors: Vec::new() }
    }

    /// A filter; one without a value is none.
    pub(crate) fn filter<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, (&'static str, &'static str)>,
    ) -> Option<T> {
        let value = self.value(name).filter(|value| !value.is_empty())?;
        parse(&value).map_err(|(code, message)| self.refuse(name, code, message)).ok()
    }

    /// A whole number from `range`, or `default`.
    pub(crate) fn number(
        &mut self,
        name: &'static str,
        range: std::ops::RangeInclusive<u64>,
        default: u64,
    ) -> u64 {
        let Some(value) = self.value(name) else {
            return default;
        };
        let digits = value.strip_prefix('-').unwrap_or(&value);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            self.refuse(name, "wrong_type", "This parameter is a whole number.");
            return default;
        }
        match value.parse() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                self.refuse(name, "out_of_range", &range_text(&range));
                default
            }
        }
    }

    fn value(&mut self, name: &'static str) -> Option<String> {
        let mut values = self.values.remove(name)?;
        if values.len() > 1 {
            self.refuse(name, "duplicate", "This parameter appears once.");
            return None;
        }
        values.pop()
    }

    fn refuse(&mut self, field: &'static str, code: &'static str, message: &str) {
        let error = FieldError { field: field.into(), code: code.into(), message: message.to_owned() };
        self.errors.push(error);
    }

    /// Whether nothing was wrong.
    ///
    /// # Errors
    /// All faults as one problem.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::validation(self.errors)) }
    }
}

fn range_text(range: &std::ops::RangeInclusive<u64>) -> String {
    if *range.end() >= i64::MAX.unsigned_abs() {
        format!("This parameter is at least {}.", range.start())
    } else {
        format!("This parameter is between {} and {}.", range.start(), range.end())
    }
}

#[cfg(test)]
mod tests {
    use super::Query;

    fn limit(query: &str) -> Result<u64, String> {
        let mut query = Query::new(query);
        let limit = query.number("limit", 1..=500, 100);
        let code = query.errors.first().map(|error| error.code.to_string());
        query.finish().map(|()| limit).map_err(|_| code.unwrap_or_default())
    }

    #[test]
    fn numbers_stay_in_their_range() {
        assert_eq!(limit("limit=7&x=1"), Ok(7));
        assert_eq!(limit(""), Ok(100));
        for query in ["limit=0", "limit=501", "limit=-1", "limit=99999999999999999999999"] {
            assert_eq!(limit(query), Err("out_of_range".into()), "{query}");
        }
        for query in ["limit=", "limit=ten", "limit=1.5", "limit=%2B1"] {
            assert_eq!(limit(query), Err("wrong_type".into()), "{query}");
        }
        assert_eq!(limit("limit=1&limit=2"), Err("duplicate".into()));
    }
}

//! A JSON object read member by member: each parsed into its type, each fault noted, all faults told together.

use crate::problem::{FieldError, Problem};
use evently_auth_domain::fault::Fault;
use serde_json::{Map, Value};

/// One or more reasons why a value was refused.
pub(crate) struct Faults(Vec<Fault>);

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl From<Vec<Fault>> for Faults {
    fn from(faults: Vec<Fault>) -> Self {
        Self(faults)
    }
}

/// The members of a body, and what was found wrong with them so far. Members nobody asks for are ignored.
pub(crate) struct Fields {
    members: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Fields {
    /// Reads an object.
    ///
    /// # Errors
    /// A validation problem when `body` is something else.
    pub(crate) fn new(body: Value) -> Result<Self, Problem> {
        match body {
            Value::Object(members) => Ok(Self { members, errors: Vec::new() }),
            _ => Err(Problem::validation(vec![FieldError {
                field: "body".into(),
                code: "wrong_type".into(),
                message: "The body is a JSON object.".to_owned(),
            }])),
        }
    }

    /// A string that has to be there.
    pub(crate) fn required<T, F: Into<Faults>>(
        &mut self,
        field: &'static str,
        parse: impl FnOnce(&str) -> Result<T, F>,
    ) -> Option<T> {
        if self.members.contains_key(field) {
            self.optional(field, parse)
        } else {
            self.refuse(field, "required", "This member is required.");
            None
        }
    }

    /// A string that may be absent, but is not null.
    pub(crate) fn optional<T, F: Into<Faults>>(
        &mut self,
        field: &'static str,
        parse: impl FnOnce(&str) -> Result<T, F>,
    ) -> Option<T> {
        match self.members.remove(field)? {
            Value::String(text) => match parse(&text) {
                Ok(value) => Some(value),
                Err(faults) => {
                    for fault in faults.into().0 {
                        self.refuse(field, fault.code, fault.message);
                    }
                    None
                }
            },
            _ => {
                self.refuse(field, "wrong_type", "This member is a string.");
                None
            }
        }
    }

    /// A string that may be absent (`None`) or null (`Some(None)`).
    pub(crate) fn nullable<T, F: Into<Faults>>(
        &mut self,
        field: &'static str,
        parse: impl FnOnce(&str) -> Result<Option<T>, F>,
    ) -> Option<Option<T>> {
        if self.members.get(field).is_some_and(Value::is_null) {
            return Some(None);
        }
        self.optional(field, parse)
    }

    /// `true` or `false`, when it is there.
    pub(crate) fn boolean(&mut self, field: &'static str) -> Option<bool> {
        match self.members.remove(field)? {
            Value::Bool(value) => Some(value),
            _ => {
                self.refuse(field, "wrong_type", "This member is true or false.");
                None
            }
        }
    }

    /// Whether a member is there and not null, before it is read.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.members.get(field).is_some_and(|value| !value.is_null())
    }

    /// Notes a fault.
    pub(crate) fn refuse(&mut self, field: &'static str, code: &'static str, message: impl Into<String>) {
        self.errors.push(FieldError { field: field.into(), code: code.into(), message: message.into() });
    }

    /// Builds what the body stands for, if nothing was wrong with it.
    ///
    /// # Errors
    /// All faults as one problem.
    pub(crate) fn finish<T>(self, build: impl FnOnce() -> Option<T>) -> Result<T, Problem> {
        match build() {
            Some(command) if self.errors.is_empty() => Ok(command),
            _ => Err(Problem::validation(self.errors)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Fields;
    use evently_auth_domain::account::{EmailAddress, FullName, Username};
    use serde_json::json;

    type Read = (EmailAddress, Option<Option<FullName>>, Option<bool>);

    fn read(body: serde_json::Value) -> Result<Read, Vec<String>> {
        let mut fields = Fields::new(body).unwrap();
        let email = fields.required("email", EmailAddress::parse);
        let _username = fields.optional("username", Username::parse);
        let full_name = fields.nullable("full_name", FullName::parse);
        let flag = fields.boolean("flag");
        let errors = fields.errors.iter().map(|error| format!("{} {}", error.field, error.code)).collect();
        fields.finish(|| Some((email?, full_name, flag))).map_err(|_| errors)
    }

    #[test]
    fn tells_all_faults_at_once() {
        assert_eq!(read(json!({})).unwrap_err(), ["email required"]);
        let all = json!({"email": 1, "username": null, "full_name": "a\u{0}", "flag": "true"});
        assert_eq!(
            read(all).unwrap_err(),
            ["email wrong_type", "username wrong_type", "full_name invalid_format", "flag wrong_type"]
        );
    }

    #[test]
    fn tells_absent_from_null() {
        let (_, absent, flag) = read(json!({"email": "a@example.com"})).unwrap();
        assert_eq!((absent, flag), (None, None));
        let (_, null, flag) =
            read(json!({"email": "a@example.com", "full_name": null, "flag": false})).unwrap();
        assert_eq!((null, flag), (Some(None), Some(false)));
    }

    #[test]
    fn a_body_is_an_object() {
        for body in [json!([]), json!("x"), json!(null), json!(1)] {
            assert!(Fields::new(body).is_err());
        }
    }
}

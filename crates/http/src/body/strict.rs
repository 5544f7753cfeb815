//! JSON without ambiguity: a member that appears twice, at any depth, is refused (RFC 8259, 4; RFC 7493, 2.3).

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// Why a body is no JSON; for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed(pub String);

/// Reads one JSON text and nothing after it.
///
/// # Errors
/// For whatever is not JSON in UTF-8, nested too deeply, or ambiguous.
pub(crate) fn parse_strict(body: &[u8]) -> Result<Value, Malformed> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Malformed("The body is empty, where a JSON object is needed.".to_owned()));
    }
    let text = std::str::from_utf8(body).map_err(|_| Malformed("The body is not UTF-8.".to_owned()))?;
    let mut json = serde_json::Deserializer::from_str(text);
    let value = Strict.deserialize(&mut json).map_err(|error| malformed(&error))?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn malformed(error: &serde_json::Error) -> Malformed {
    let what = if error.is_data() { "The body has a member twice" } else { "The body is not valid JSON" };
    Malformed(format!("{what} (line {}, column {}).", error.line(), error.column()))
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(Strict)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(Strict)?;
            if members.insert(name, value).is_some() {
                return Err(de::Error::custom("a member appears twice"));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::parse_strict;
    use serde_json::json;

    #[test]
    fn reads_what_is_json() {
        let value = parse_strict(br#" {"a":[1,-2,0.5,true,null,"\u00e9"],"b":{"a":{}}} "#).unwrap();
        assert_eq!(value, json!({"a": [1, -2, 0.5, true, null, "é"], "b": {"a": {}}}));
    }

    #[test]
    fn refuses_a_member_that_appears_twice_at_any_depth() {
        for body in [
            r#"{"a":1,"a":1}"#,
            r#"{"x":{"a":1,"b":2,"a":3}}"#,
            r#"[{"a":1},{"b":[{"c":1,"c":2}]}]"#,
            r#"{"a":1,"\u0061":2}"#,
        ] {
            assert!(parse_strict(body.as_bytes()).unwrap_err().0.contains("twice"), "{body}");
        }
    }

    #[test]
    fn refuses_what_is_no_json() {
        let deep = "[".repeat(10_000);
        for body in [
            "",
            " \n",
            "{",
            "{}x",
            "{} {}",
            "{'a':1}",
            "{\"a\":1,}",
            "nul",
            "\u{feff}{}",
            "{\"a\":\"\n\"}",
            r#"{"a":"\ud800"}"#,
            "{\"a\":01}",
            "{\"a\":NaN}",
            &deep,
        ] {
            assert!(parse_strict(body.as_bytes()).is_err(), "{body:?}");
        }
        assert!(parse_strict(b"{\"a\":\"\xff\"}").is_err());
    }

    #[test]
    fn does_not_repeat_what_was_sent() {
        let error = parse_strict(br#"{"password":"hunter2","password":"hunter3"}"#).unwrap_err();
        assert!(!error.0.contains("hunter") && !error.0.contains("password"));
    }
}
